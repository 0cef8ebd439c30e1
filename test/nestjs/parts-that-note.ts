import { Injectable } from '@nestjs/common'
import type { CallHandler, CanActivate, NestInterceptor } from '@nestjs/common'
import { from, mergeMap } from 'rxjs'
import type { Observable } from 'rxjs'

/** A guard and an interceptor that call `note` and wait for it, the interceptor also after the handler. */
export function partsThatNote(note: () => Promise<void>) {
  @Injectable()
  class Guard implements CanActivate {
    async canActivate(): Promise<boolean> {
      await note()
      return true
    }
  }

  @Injectable()
  class Interceptor implements NestInterceptor {
    async intercept(_context: unknown, next: CallHandler): Promise<Observable<unknown>> {
      await note()
      return next.handle().pipe(mergeMap((value) => from(note().then(() => value))))
    }
  }
  return { Guard, Interceptor }
}
