// heddle/profile: where the time of a compiled function goes.
export { type Profile, type ProfileLine, type ProfileOptions, type ProfileRow, profile } from './profile.js'
