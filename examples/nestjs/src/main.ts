import { ConsoleLogger, Logger } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'

import { AppModule } from './app.module.js'

// with an invalid configuration, the process ends here and prints every problem
const app = await NestFactory.create(AppModule, { logger: new ConsoleLogger({ json: true }) })

app.enableShutdownHooks([], { useProcessExit: true })
await app.listen(process.env['PORT'] ?? 3000, process.env['HOST'] ?? '127.0.0.1')
new Logger('News').log(`listening on ${await app.getUrl()}`)
