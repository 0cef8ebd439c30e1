import { LiveConfig } from '@hot-config/nestjs'
import { Controller, Get, UseGuards } from '@nestjs/common'

import type { Config } from './config.js'
import { ThrottleGuard } from './throttle.guard.js'

const ARTICLES = ['Rain in the north', 'Sun in the south', 'Wind in the west', 'Snow in the east']

@Controller('news')
@UseGuards(ThrottleGuard)
export class NewsController {
  @Get()
  list(@LiveConfig('feed') feed: Config['feed']): object {
    return { banner: feed.banner, articles: ARTICLES.slice(0, feed.pageSize) }
  }
}
