import { translator } from '../i18n.ts'
import { newKey, post } from '../pages/http.ts'
import { app } from './app.ts'

export const words = translator({
  read: ['Read the contract (PDF)', '查看合同（PDF）'],
  evidence: ['Page of evidence (PDF)', '签署证据（PDF）'],
  terms: ['The terms', '合同条款'],
  who: ['Who is there?', '身份核验'],
  id: ['Last four characters of your ID', '证件号码后四位'],
  code: ['Code sent to {phone}', '发送至 {phone} 的验证码'],
  send: ['Send the code', '发送验证码'],
  check: ['Check', '核验'],
  left: ['{n} attempts left', '还可尝试 {n} 次'],
  name: ['Type your name to sign: {name}', '请输入姓名以签署：{name}'],
  agree: ['I have read the contract and agree to it.', '我已阅读并同意本合同。'],
  sign: ['Sign', '签署'],
  decline: ['I do not sign', '不签署'],
  why: ['Why not? (may stay empty)', '原因（可不填）'],
  no: ['Do not sign, and tell them', '确认不签署并告知'],
  until: ['It can be signed until {time}.', '请在 {time} 前签署。'],
  demo: ['DEMO – no reliable signature in law.', '演示签名，不具有法律上的可靠电子签名效力。'],
  SIGNED: ['Signed. Your lease is active.', '签署完成，租约已生效。'],
  DECLINED: ['You have not signed.', '您已选择不签署。'],
  WITHDRAWN: ['The contract was taken back.', '该合同已撤回。'],
  EXPIRED: ['The time to sign is over.', '签署期限已过。'],
  LOCKED: ['Too many wrong answers. Please call us.', '核验失败次数过多，请联系我们。'],
  title: ['Sign your lease', '签署租约'],
  now: ['Sign the new lease now', '立即签署新租约'],
} as const)

/** Of the page, and of the button that leads to it. */
export const signTitle = (): string => words('title')
export const signNow = (): string => words('now')

/** Goes on from an accepted proposal to the signature: a link of its own. */
export async function goOn(renewalId: string): Promise<void> {
  const { body } = await post<{ token: string }>(app.token, '/v1/signatures:open', { renewalId }, newKey())
  location.assign(`/r/${encodeURIComponent(body.token)}`)
}
