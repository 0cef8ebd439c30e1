/** The message of a `Status` of the API, or the start of another text. */
export function messageIn(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body.slice(0, 200)
  } catch {
    return body.slice(0, 200)
  }
}
