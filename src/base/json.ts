/** JSON as a terminal may be given it. */

/** Output is Latin-1 and terminals show it: nothing but ASCII leaves. A newline is none of a string's, but stands between parts. */
export function escapeJson(json: string): string {
  return UNSAFE.test(json)
    ? json.replace(UNSAFE_ALL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)
    : json;
}
const UNSAFE = /[^\n\x20-\x7e]/;
const UNSAFE_ALL = /[^\n\x20-\x7e]/g;

/** A value as JSON, on one line or indented by so many columns. */
export const jsonOf = (value: unknown, indent?: number): string =>
  escapeJson(JSON.stringify(value, undefined, indent));
