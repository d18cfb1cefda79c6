/** Digits, capitals, small letters, in ASCII order: encoded numbers of one length sort like numbers. */
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const chunkCharacters = 8; // 62^8 < 2^53: a chunk is exact as a number
const chunkValue = 62n ** BigInt(chunkCharacters);

/**
 * Bytes, read as one big-endian number, in base62, padded with zeros on the left.
 *
 * @param length enough characters for the bytes: 43 for 32 bytes, 27 for 20, 6 for 4
 */
export function base62(bytes: Uint8Array, length: number): string {
  let number = 0n;
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.subarray(at, at + 4);
    let value = 0;
    for (const byte of word) value = value * 256 + byte;
    number = (number << BigInt(8 * word.length)) | BigInt(value);
  }
  let text = '';
  while (text.length < length) {
    // Big numbers are slow to divide: eight characters at a time go on as an ordinary number.
    let chunk = Number(number % chunkValue);
    number /= chunkValue;
    for (let i = 0; i < chunkCharacters; i += 1) {
      text = alphabet[chunk % 62] + text;
      chunk = Math.floor(chunk / 62);
    }
  }
  return text.slice(-length);
}
