/** Names of RDP-UDP, as MS-RDPEUDP 2.2.2.9 and MS-RDPEUDP2 2.2.1 write them. */

export const RDPUDP_VERSION_1 = 0x0001
const RDPUDP_VERSION_2 = 0x0002
/** The transport of MS-RDPEUDP2. */
export const RDPUDP_VERSION_3 = 0x0101

export const rdpudpVersions: ReadonlyMap<number, string> = new Map([
  [RDPUDP_VERSION_1, 'RDPUDP_PROTOCOL_VERSION_1'],
  [RDPUDP_VERSION_2, 'RDPUDP_PROTOCOL_VERSION_2'],
  [RDPUDP_VERSION_3, 'RDPUDP_PROTOCOL_VERSION_3'],
])
