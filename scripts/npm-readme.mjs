// Runs in the folder of a package before it is packed: makes the links of its README to other folders of the repository
// absolute, because npm shows the README without them. With --undo, after it was packed, puts them back.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'

const [README, ORIGINAL] = ['README.md', '.README.original.md']

if (process.argv.includes('--undo')) {
  if (existsSync(ORIGINAL)) renameSync(ORIGINAL, README)
} else {
  const { url, directory } = JSON.parse(readFileSync('package.json', 'utf8')).repository
  const web = `${url.replace(/^git\+|\.git$/g, '')}/tree/main/`
  const text = readFileSync(README, 'utf8')
  writeFileSync(ORIGINAL, text)
  writeFileSync(
    README,
    text.replace(/(?<=\]\()(?!#|\w+:)[^)]*/g, (link) => web + posix.join(directory, link)),
  )
}
