/**
 * Time stamps of pcapng interfaces: 64-bit counts of a unit that each interface chooses (if_tsresol, if_tsoffset), turned
 * into nanoseconds since the first packet without a 64-bit integer a packet.
 */

const NS_PER_SECOND = 1_000_000_000n
const LOW_32_BITS = 0xffff_ffffn

/** Unit and origin of one interface's time stamps. */
export class TimeScale {
  /** Ticks of this interface at (or just before) the first packet of the capture: upper and lower 32 bits. */
  baseHigh = 0
  baseLow = 0
  /** What that base lacks to the first packet, in nanoseconds. */
  baseNs = 0
  /** A tick is a whole number of nanoseconds. */
  readonly whole: boolean
  readonly nsPerTick: number
  /** Of finer decimal units, which `nsPerTick` could not hold exactly. */
  readonly ticksPerNs: number
  private readonly ticksPerSecond: bigint
  private readonly offsetSeconds: bigint

  /** @param resolution if_tsresol: a power of ten, or of two when its highest bit is set. */
  constructor(resolution: number, offsetSeconds: bigint) {
    const exponent = resolution & 0x7f
    const binary = (resolution & 0x80) !== 0
    this.ticksPerSecond = (binary ? 2n : 10n) ** BigInt(exponent)
    this.offsetSeconds = offsetSeconds
    this.whole = !binary && exponent <= 9
    this.nsPerTick = binary ? 1e9 / 2 ** exponent : exponent <= 9 ? 10 ** (9 - exponent) : 1
    this.ticksPerNs = binary || exponent <= 9 ? 1 : 10 ** (exponent - 9)
  }

  /** Nanoseconds since 1970 of a time stamp, rounded down. */
  absoluteNs(high: number, low: number): bigint {
    const ticks = (BigInt(high) << 32n) | BigInt(low)
    return (ticks * NS_PER_SECOND) / this.ticksPerSecond + this.offsetSeconds * NS_PER_SECOND
  }

  /** Makes the first packet of the capture its origin. */
  startAt(startNs: bigint): void {
    const scaled = (startNs - this.offsetSeconds * NS_PER_SECOND) * this.ticksPerSecond
    const ticks = scaled / NS_PER_SECOND
    const rest = scaled - ticks * NS_PER_SECOND
    this.baseHigh = Number(ticks >> 32n)
    this.baseLow = Number(ticks & LOW_32_BITS)
    this.baseNs = rest === 0n ? 0 : -Number(rest) / Number(this.ticksPerSecond)
  }

  /**
   * Nanoseconds since the first packet. Exact for units of 10^-9 s and coarser while the distance is below 2^53 ticks (104
   * days of nanoseconds); finer units are rounded down, and those of 2^-n may be one off.
   */
  sinceStartNs(high: number, low: number): number {
    const ticks = (high - this.baseHigh) * 4_294_967_296 + (low - this.baseLow)
    if (this.whole) return ticks * this.nsPerTick + this.baseNs
    return Math.floor((ticks * this.nsPerTick) / this.ticksPerNs + this.baseNs)
  }
}
