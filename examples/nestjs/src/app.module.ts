import { HotConfigModule } from '@hot-config/nestjs'
import { Module } from '@nestjs/common'

import { schema } from './config.js'
import { LogLevel } from './log-level.js'
import { NewsController } from './news.controller.js'

@Module({
  // reads $HOT_CONFIG_PATH, else /etc/config
  imports: [HotConfigModule.forRoot({ schema })],
  controllers: [NewsController],
  providers: [LogLevel],
})
export class AppModule {}
