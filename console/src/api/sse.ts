/** One message of a stream of server-sent events. */
export interface Message { id: string; event: string; data: string }

/** Reads server-sent events out of pieces of text that are cut anywhere. Comments, such as heartbeats, yield nothing. */
export class MessageParser {
  private rest = ''
  private message: Message = { id: '', event: '', data: '' }

  push(piece: string): Message[] {
    const done: Message[] = []
    this.rest += piece
    // A carriage return at the very end may be half of a line end.
    const cut = this.rest.endsWith('\r') ? this.rest.length - 1 : this.rest.length
    const lines = this.rest.slice(0, cut).split(/\r\n|\n|\r/)
    this.rest = (lines.pop() ?? '') + this.rest.slice(cut)
    for (const line of lines) {
      if (line !== '') this.field(line)
      else this.end(done)
    }
    return done
  }

  private field(line: string): void {
    if (line.startsWith(':')) return
    const colon = line.indexOf(':')
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'data') this.message.data += (this.message.data && '\n') + value
    else if (name === 'event') this.message.event = value
    else if (name === 'id') this.message.id = value
  }

  private end(done: Message[]): void {
    if (this.message.data || this.message.event) done.push(this.message)
    this.message = { id: '', event: '', data: '' }
  }
}
