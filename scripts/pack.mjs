// node scripts/pack.mjs FOLDER [ARGUMENTS OF PNPM PACK]: packs every public package into the folder.
import { execFileSync } from 'node:child_process'

const [folder, ...args] = process.argv.slice(2)
const pack = ['--filter', './packages/*', 'pack', '--pack-destination', folder, ...args]
execFileSync('npx', ['-y', 'pnpm@12.21.0', ...pack], { stdio: ['ignore', 'pipe', 'inherit'] })
