declare module 'convict-format-with-moment' {
  import type { Format } from 'convict'

  export const duration: Format
  export const timestamp: Format
}
