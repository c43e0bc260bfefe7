/** The Luhn digit (ISO/IEC 7812-1 annex B) that completes these digits. */
export function luhnDigit(digits: string): string {
  let sum = 0;
  for (let at = digits.length - 1, isDoubled = true; at >= 0; at -= 1, isDoubled = !isDoubled) {
    const digit = Number(digits[at]) * (isDoubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return String((10 - (sum % 10)) % 10);
}
