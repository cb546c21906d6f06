/** Bulk compression of RDP: which kind, in the low four bits of the compression flags. MS-RDPBCGR 3.1.8.2.1. */
export const COMPRESSION_TYPES = new Map([
  [0, 'RDP 4.0 bulk compression'],
  [1, 'RDP 5.0 bulk compression'],
  [2, 'RDP 6.0 bulk compression'],
  [3, 'RDP 6.1 bulk compression'],
  [4, 'RDP 8.0 bulk compression'],
])
