/** The significant digits, and the power of ten of the last one: the same for every notation of a number. */
interface Decimal {
  readonly digits: string
  readonly exponent: number
}

export const NOT_FINITE = 'is not a finite number: quote it to keep it as text'
export const UNSAFE_INTEGER: string = `is an integer beyond ${Number.MAX_SAFE_INTEGER}, which a number can't hold exactly: quote it`

/** With digits that can belong to one group only. Otherwise a long text that is no number would need quadratic time. */
const DECIMAL = /^[-+]?(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([-+]?\d+))?$/i

/** A number with at most 15 digits, which JavaScript always holds exactly. */
const SHORT = /^[-+]?[\d.]{1,15}$/

/**
 * Finds out why JavaScript can't hold a number exactly. The rule is the same for all formats: converted to a number and
 * back to text, it must be the same number, though its notation may differ. `1e3`, `1000` and `1000.0` are one number,
 * and so are `0x10` and `16`.
 *
 * @param literal the text of the number in YAML, JSON or TOML
 * @returns the fault and what to write instead, never the number itself; `undefined` for a number that is held exactly
 */
export function numberFault(literal: string): string | undefined {
  if (SHORT.test(literal)) return undefined
  const text = literal.replaceAll('_', '')
  const decimal = decimalOf(text)
  // Without DECIMAL it is hexadecimal, octal or binary, for which Number() does not accept a sign.
  const value = decimal ? Number(text) : Number(text.replace(/^[-+]/, ''))
  if (Number.isNaN(value)) return NOT_FINITE
  const isInteger = !decimal || !/[.e]/i.test(text)
  if (isInteger && !Number.isSafeInteger(value)) return UNSAFE_INTEGER
  if (!decimal || isSameDecimal(decimal, decimalOf(String(value)))) return undefined
  if (!Number.isFinite(value)) return 'is too large for a number: quote it'
  if (value === 0) return 'is too close to zero for a number: quote it'
  return 'has more digits than a number can hold: quote it, or write at most 15 digits'
}

function decimalOf(text: string): Decimal | undefined {
  const [whole, integer = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  if (whole === undefined) return undefined
  const digits = `${integer}${fraction}`.replace(/^0+/, '')
  const last = lastDigit(digits)
  if (last < 0) return { digits: '', exponent: 0 }
  return { digits: digits.slice(0, last + 1), exponent: Number(exponent) - fraction.length + digits.length - 1 - last }
}

/** The index of the last digit that is not 0. A regular expression would need quadratic time for many zeros. */
function lastDigit(digits: string): number {
  let last = digits.length - 1
  while (last >= 0 && digits.charCodeAt(last) === 48) last--
  return last
}

function isSameDecimal(left: Decimal, right: Decimal | undefined): boolean {
  return right !== undefined && left.digits === right.digits && left.exponent === right.exponent
}
