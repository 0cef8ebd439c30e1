import { ConsoleLogger, Logger } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

import { AppModule } from './app.module.js'

// a process whose configuration is bad ends here, and says all that is wrong with it
const app = await NestFactory.create(AppModule, { logger: new ConsoleLogger({ json: true }) })

app.enableShutdownHooks([], { useProcessExit: true })
await app.listen(process.env['PORT'] ?? 3000, process.env['HOST'] ?? '127.0.0.1')
new Logger('News').log(`listening on ${await app.getUrl()}`)
