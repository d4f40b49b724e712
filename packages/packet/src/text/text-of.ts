export function textOf(_bytes: Uint8Array): string {
  return '';
}
