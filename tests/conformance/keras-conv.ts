// Keras 2's convolutional and pooling layers.
import type { KerasLayer } from './keras-layers.js'

export const convolutional: Record<string, KerasLayer> = {}
