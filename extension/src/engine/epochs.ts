/**
 * How training counts its progress, told to both sides: one a text, then one an epoch of each fit.
 */

/** The most epochs of a fit. */
export const EPOCHS = 100;

/** Fits with several weight decays: @cloze/train tries three, and keeps the best. */
export const FITS = 3;
