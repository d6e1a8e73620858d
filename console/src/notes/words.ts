import { translator } from '../i18n.ts'

/** What stands around notes: [English, Chinese]. */
export const words = translator({
  title: ['Notes', '留言'],
  'empty.TENANT': ['Anything we should know, or anything to ask? Write it here: the desk and the technician read it.', '有需要说明或询问的？请在此留言，客服与师傅都能看到。'],
  'empty.TECHNICIAN': ['No notes yet. The tenant and the desk read what you write.', '暂无留言。您写的内容租客与客服都能看到。'],
  'empty.DESK': ['No notes yet. The tenant and the technician read what you write.', '暂无留言。您写的内容租客与师傅都能看到。'],
  'side.TENANT': ['Tenant', '租客'],
  'side.DESK': ['Desk', '客服'],
  'side.TECHNICIAN': ['Technician', '师傅'],
  'side.me': ['You', '我'],
  write: ['Write a note', '写留言'],
  answer: ['Answer', '回复'],
  send: ['Send', '发送'],
  sending: ['Sending…', '发送中…'],
  waits: ['The tenant has waited for an answer since {time}.', '租客自 {time} 起等待回复。'],
  waiting: ['Sent. You will find the answer here.', '已发送，回复会显示在这里。'],
  unsent: ['Kept on this phone, {time}. It is sent when there is a network.', '已保存在本机（{time}），恢复网络后发送。'],
  settle: ['No answer needed', '无需回复'],
  removed: ['The words were taken out.', '内容已移除。'],
  remove: ['Take the words out', '移除内容'],
  removeAsk: ['Take the words of this note out, for good? Why?', '永久移除这条留言的内容？请填写原因：'],
  tooOften: ['That were many notes at once. Wait a few minutes; what you wrote stays here.', '留言过于频繁，请稍候几分钟；您写的内容会保留。'],
  full: ['This repair has as many notes as it may have. Please call.', '本次报修的留言已达上限，请来电。'],
})
