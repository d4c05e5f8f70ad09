// Bare Node: what the others' times contain in any case.
console.log(JSON.stringify({ answers: [11, 14] }))
