/**
 * NumPy's file of one array, format version 1.0: a magic word, a header that is a Python dictionary, the numbers row by
 * row. (Specification: numpy/lib/format.py.)
 */

/** The header's bytes: room for any shape, and the numbers begin at a multiple of 64. */
export const NPY_HEADER = 128;

const BEFORE = 10; // magic word, version, length of the dictionary

/**
 * The header of a float32 array [rows, width]. It has one size for all shapes, so that it can be written when the rows
 * behind it have been counted.
 *
 * @example
 * npyHeader(2, 384); // b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 384), }   …\n"
 */
export function npyHeader(rows: number, width: number): Uint8Array {
  const header = new Uint8Array(NPY_HEADER).fill(0x20);
  header.set([0x93, ...bytes("NUMPY"), 1, 0, NPY_HEADER - BEFORE, 0]);
  header.set(bytes(`{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${width}), }`), BEFORE);
  header[NPY_HEADER - 1] = 0x0a;
  return header;
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
