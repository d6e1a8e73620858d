import { signal } from '@preact/signals'

export type Lang = 'en' | 'zh'

const key = 'fettle.lang'
const stored = localStorage.getItem(key)

/** The language of the page. */
export const lang = signal<Lang>(stored === 'en' || stored === 'zh' ? stored : navigator.language.startsWith('zh') ? 'zh' : 'en')

export function setLang(next: Lang): void {
  lang.value = next
  localStorage.setItem(key, next)
}

// Each line: [English, Chinese]. {name} is filled in.
const texts = {
  'app.title': ['Fettle dispatch', 'Fettle 调度台'],
  'app.simulated': ['Simulated city, {speed}×', '模拟城市，{speed} 倍速'],
  'app.simulatedNote': ['Everything on this page is made up: a generated city whose clock runs {speed} times faster.', '本页全部数据均为模拟：城市由程序生成，时钟快 {speed} 倍。'],
  'app.map': ['Live map of technicians and open orders', '维修师傅与未完成工单的实时地图'],
  'app.language': ['中文', 'English'],
  'app.languageTitle': ['Switch to Chinese', '切换为英文'],
  'app.toDark': ['Dark colours', '深色'],
  'app.toLight': ['Light colours', '浅色'],
  'app.report': ['Report a fault', '报修'],
  'app.reportTitle': ['Report a fault (key N)', '报修（快捷键 N）'],
  'app.expand': ['Open the list', '展开列表'],
  'app.collapse': ['Close the list', '收起列表'],
  'app.close': ['Close', '关闭'],
  'app.overview': ['Overview', '概况'],
  'app.loading': ['Reading orders…', '正在读取工单…'],
  'app.loadFailed': ['The service does not answer. Trying again…', '服务暂无响应，正在重试…'],

  'nav.title': ['Views', '视图'],
  'nav.dispatch': ['Dispatch', '调度'],
  'nav.board': ['Board', '排班'],
  'nav.planner': ['Planner', '规划'],
  'nav.operations': ['Operations', '运营'],
  'nav.figures': ['Figures', '指标'],
  'nav.find': ['Find or do (Ctrl-K)', '查找或操作（Ctrl-K）'],
  'nav.loading': ['Loading…', '加载中…'],
  'nav.failed': ['This part of the page could not be loaded.', '此部分页面加载失败。'],
  'nav.again': ['Try again', '重试'],

  'conn.connecting': ['connecting', '连接中'],
  'conn.live': ['live', '实时'],
  'conn.reconnecting': ['reconnecting', '重新连接中'],
  'conn.offline': ['offline', '已离线'],

  'kpi.open': ['open', '未完成'],
  'kpi.openTitle': ['Orders that are not completed, merged or canceled.', '尚未完成、合并或取消的工单数。'],
  'kpi.unassigned': ['unassigned', '未派单'],
  'kpi.unassignedTitle': ['Open orders that no technician has.', '尚无师傅承接的未完成工单数。'],
  'kpi.overdue': ['overdue', '超时'],
  'kpi.overdueTitle': ['Open orders whose next promise (acceptance, arrival or completion) has passed.', '下一项承诺（接单、上门或完成）已超时的未完成工单数。'],
  'kpi.onShift': ['on shift', '在岗'],
  'kpi.onShiftTitle': ['Technicians whose shift is running.', '当前在班的师傅人数。'],
  'kpi.accept': ['to accept', '接单用时'],
  'kpi.acceptTitle': ['Median minutes from report to acceptance today, over the orders that this page has seen.', '今日从报修到接单的中位分钟数，仅统计本页见过的工单。'],
  'kpi.minutes': ['{n} min', '{n} 分'],

  'tab.queue': ['Queue', '工单队列'],
  'tab.people': ['Technicians', '师傅'],
  'tab.log': ['Log', '动态'],
  'queue.empty': ['No open orders.', '没有未完成的工单。'],
  'queue.more': ['Show {n} more', '再显示 {n} 条'],
  'queue.nobody': ['nobody yet', '暂无人接'],
  'queue.due': ['due {time}', '{time} 到期'],
  'queue.late': ['{n} late', '超时 {n}'],
  'queue.left': ['{n} left', '剩 {n}'],
  'queue.noDue': ['no promise', '无时限'],
  'queue.noText': ['Order {id}', '工单 {id}'],
  'people.empty': ['No technicians.', '没有师傅。'],
  'people.seen': ['seen {n} ago', '{n}前更新'],
  'people.never': ['no position', '无位置'],
  'people.stale': ['position is stale', '位置已过时'],
  'log.empty': ['Nothing has happened since the page was opened.', '打开本页后尚无动态。'],

  'legend.title': ['Legend', '图例'],
  'legend.orders': ['Orders', '工单'],
  'legend.people': ['Technicians', '师傅'],
  'legend.late': ['overdue', '已超时'],
  'legend.soon': ['due in 30 min', '30 分钟内到期'],
  'legend.calm': ['in time', '时间充裕'],
  'legend.work': ['being worked on', '处理中'],
  'legend.hollow': ['hollow: nobody has it', '空心：无人承接'],
  'legend.emergency': ['! emergency', '! 紧急'],
  'legend.stale': ['stale or off shift', '位置过时或不在岗'],

  'state.NEW': ['new', '待派单'],
  'state.ASSIGNED': ['offered', '待接单'],
  'state.ACCEPTED': ['accepted', '已接单'],
  'state.EN_ROUTE': ['on the way', '已出发'],
  'state.ON_SITE': ['on site', '已到达'],
  'state.WORKING': ['in work', '处理中'],
  'state.PAUSED': ['paused', '已暂停'],
  'state.COMPLETED': ['completed', '已完成'],
  'state.VERIFIED': ['verified', '已确认'],
  'state.MERGED': ['merged', '已合并'],
  'state.CANCELED': ['canceled', '已取消'],
  'state.STATE_UNSPECIFIED': ['unknown', '未知'],
  'worker.OFF_SHIFT': ['off shift', '不在岗'],
  'worker.AVAILABLE': ['available', '空闲'],
  'worker.EN_ROUTE': ['on the way', '在途'],
  'worker.WORKING': ['working', '作业中'],
  'worker.STATE_UNSPECIFIED': ['unknown', '未知'],
  'urgency.EMERGENCY': ['emergency', '紧急'],
  'urgency.NORMAL': ['normal', '普通'],
  'urgency.URGENCY_UNSPECIFIED': ['normal', '普通'],

  'order.title': ['Order', '工单'],
  'order.it': ['the order', '工单'],
  'order.id': ['Number', '编号'],
  'order.assignedTo': ['Assigned to {name}', '已派给 {name}'],
  'order.eta': ['arrives {time}, in {n}', '预计 {time} 到达，还有 {n}'],
  'order.arrivesAt': ['planned arrival {time}', '计划 {time} 到达'],
  'order.unassigned': ['Nobody has this order', '该工单尚无人承接'],
  'order.reported': ['Reported', '报修时间'],
  'order.skills': ['Trade', '工种'],
  'order.due': ['Promises', '承诺时限'],
  'order.dueAccept': ['accept {time}', '接单 {time}'],
  'order.dueOnSite': ['on site {time}', '上门 {time}'],
  'order.dueResolve': ['done {time}', '完成 {time}'],
  'order.window': ['Tenant told', '告知租客'],
  'order.attention': ['Attention', '关注等级'],
  'order.level': ['level {n}', '{n} 级'],
  'order.unit': ['Unit', '房间'],
  'order.pinned': ['pinned', '已锁定'],
  'order.visit': ['visit {n}', '第 {n} 次上门'],
  'order.justNow': ['Decided in {n} ms', '{n} 毫秒内完成派单'],

  'why.title': ['Why this technician', '为何派给该师傅'],
  'why.recorded': ['as recorded when it was decided', '以派单时的记录为准'],
  'why.asPlanned': ['as the plan stands now', '以当前计划为准'],
  'why.cost': ['Cost {n} by term', '成本 {n}，按项目'],
  'why.travel': ['{n} of travel', '路程 {n}'],
  'why.alternatives': ['Who else could go', '其他人选'],
  'why.difference': ['{n} dearer', '多 {n}'],
  'why.cheaper': ['{n} cheaper', '少 {n}'],
  'why.same': ['same cost', '成本相同'],
  'why.binding': ['mostly {term}', '主要因为{term}'],
  'why.infeasible': ['Who cannot, and why', '不能去的人及原因'],
  'why.more': ['{n} more', '另有 {n} 人'],
  'why.words': ['In words', '文字说明'],
  'why.none': ['No explanation is available.', '暂无说明。'],
  'timeline.title': ['Timeline', '时间线'],

  'verb.title': ['Dispatcher', '调度操作'],
  'verb.reassign': ['Reassign', '改派'],
  'verb.pin': ['Pin', '锁定'],
  'verb.unpin': ['Unpin', '解除锁定'],
  'verb.escalate': ['Escalate', '升级'],
  'verb.cancel': ['Cancel order', '取消工单'],
  'verb.to': ['To', '派给'],
  'verb.nextBest': ['the next best', '次优人选'],
  'verb.reason': ['Reason', '原因'],
  'verb.do': ['Do it', '确定'],
  'verb.back': ['Back', '返回'],
  'verb.give': ['Give to {name}', '派给 {name}'],
  'verb.stale': ['The order has changed meanwhile. It was read again: look and try once more.', '工单在此期间已变更，现已重新读取，请确认后再试。'],

  'share.tenant': ['Page for the tenant', '租客页面'],
  'share.order': ['Link to this repair', '本单链接'],
  'share.door': ['Code for the door', '门上二维码'],
  'share.technician': ['Page of the technician', '师傅页面'],
  'share.signin': ['Sign in a phone', '手机登录'],
  'share.secret': ['The code is a key: whoever scans it is this technician.', '该二维码即密钥，扫码者将以该师傅身份登录。'],
  'share.open': ['Open the page', '打开页面'],
  'share.code': ['QR code: {label}', '二维码：{label}'],

  'worker.skills': ['Skills', '技能'],
  'worker.position': ['Position', '位置'],
  'worker.route': ['Route', '路线'],
  'worker.noRoute': ['No stops planned.', '暂无计划。'],
  'worker.level': ['level {n}', '{n} 级'],
  'worker.stopAt': ['{from} to {to}', '{from} 至 {to}'],

  'form.trade': ['Trade', '工种'],
  'form.urgency': ['Urgency', '紧急程度'],
  'form.description': ['What is wrong', '故障描述'],
  'form.example': ['no hot water', '没有热水'],
  'form.place': ['Place', '地点'],
  'form.placeHint': ['Click on the map to move it.', '点击地图可更改地点。'],
  'form.send': ['Send', '提交'],
  'form.sending': ['Sending…', '提交中…'],
  'form.required': ['Say what is wrong.', '请填写故障描述。'],

  'signin.title': ['Sign in', '登录'],
  'signin.text': ['Paste the token from the file admin.token in the data folder of the service. It stays in this tab.', '请粘贴服务数据目录中 admin.token 文件里的令牌，仅保存在本标签页。'],
  'signin.token': ['Token', '令牌'],
  'signin.go': ['Sign in', '登录'],
  'signin.wrong': ['The service refused this token.', '令牌无效。'],
  'signin.out': ['Sign out', '退出'],

  'order.waterfall': ['In whose hands, and for how long', '经手环节与用时'],
  'worker.sick': ['End shift…', '提前下班…'],
  'worker.sheet': ['Performance sheet', '业绩表'],
  'verb.changedBy': ['{who} changed it at {time}: {what}. It was read again: look and try once more.', '{who} 于 {time} 更改了该工单：{what}。现已重新读取，请确认后再试。'],

  'error.offline': ['The service cannot be reached.', '无法连接服务。'],

  'event.work_order.created': ['{order} reported', '{order} 已报修'],
  'event.work_order.assigned': ['{order} assigned to {name}', '{order} 派给 {name}'],
  'event.work_order.assignedEta': ['{order} assigned to {name}, {n} away', '{order} 派给 {name}，{n}后到达'],
  'event.work_order.unassigned': ['Nobody for {order}: {reason}', '{order} 无人可派：{reason}'],
  'event.work_order.accepted': ['{name} accepted {order}', '{name} 已接 {order}'],
  'event.work_order.declined': ['{name} declined {order}', '{name} 拒接 {order}'],
  'event.work_order.offer_expired': ['{name} did not answer: {order} goes on', '{name} 未应答，{order} 转派'],
  'event.work_order.departed': ['{name} is on the way to {order}', '{name} 出发前往 {order}'],
  'event.work_order.arrived': ['{name} arrived at {order}', '{name} 到达 {order}'],
  'event.work_order.started': ['{name} began work on {order}', '{name} 开始处理 {order}'],
  'event.work_order.paused': ['{name} paused {order}', '{name} 暂停 {order}'],
  'event.work_order.resumed': ['{order} goes on', '{order} 继续处理'],
  'event.work_order.completed': ['{name} completed {order}', '{name} 完成 {order}'],
  'event.work_order.rated': ['The tenant rated {order}', '租客评价了 {order}'],
  'event.work_order.verified': ['{order} verified', '{order} 已确认'],
  'event.work_order.reopened': ['{order} reopened', '{order} 重新打开'],
  'event.work_order.canceled': ['{order} canceled', '{order} 已取消'],
  'event.work_order.pinned': ['{order} pinned', '{order} 已锁定'],
  'event.work_order.unpinned': ['{order} unpinned', '{order} 解除锁定'],
  'event.work_order.escalated': ['{order} escalated', '{order} 已升级'],
  'event.work_order.merged': ['{order} merged', '{order} 已合并'],
  'event.work_order.unmerged': ['{order} taken apart again', '{order} 取消合并'],
  'event.work_order.sla_breached': ['Promise missed for {order}', '{order} 承诺超时'],
  'event.work_order.eta_changed': ['New times for {order}', '{order} 时间调整'],
  'event.work_order.updated': ['{order} changed', '{order} 已修改'],
  'event.technician.created': ['{name} joined', '{name} 加入'],
  'event.technician.updated': ['{name} changed', '{name} 资料变更'],
  'event.technician.deleted': ['A technician left', '一位师傅离开'],
  'event.technician.shift_started': ['{name} began the shift', '{name} 上班'],
  'event.technician.shift_ended': ['{name} ended the shift', '{name} 下班'],
  'event.quoted': ['“{text}”', '「{text}」'],

  'term.unserved': ['left out', '未服务'],
  'term.lateness': ['waiting', '等待'],
  'term.travel': ['travel', '路程'],
  'term.distance': ['distance', '距离'],
  'term.duty': ['time on duty', '在岗时间'],
  'term.onSite': ['work on site', '现场作业'],
  'term.overtime': ['overtime', '加班'],
  'term.fixed': ['using a technician', '启用师傅'],
  'term.skillSurplus': ['skill to spare', '技能富余'],
  'term.preference': ['preference', '偏好'],
  'term.fairness': ['fairness', '公平'],

  'reason.SKILL_MISSING': ['skill missing', '缺少技能'],
  'reason.SKILL_LEVEL': ['skill level too low', '技能等级不足'],
  'reason.TOOL_MISSING': ['tool missing', '缺少工具'],
  'reason.TECHNICIAN_EXCLUDED': ['excluded', '已被排除'],
  'reason.TECHNICIAN_NOT_REQUIRED': ['others are required', '需指定他人'],
  'reason.COVERAGE_AREA': ['another area', '不在服务片区'],
  'reason.PINNED_CONFLICT': ['conflicts with a pin', '与锁定冲突'],
  'reason.OUT_OF_SHIFT': ['not on shift then', '不在班次内'],
  'reason.WINDOW_CLOSED': ['time window missed', '赶不上时间窗'],
  'reason.BREAK': ['conflicts with a break', '与休息冲突'],
  'reason.CAPACITY': ['no capacity left', '运力不足'],
  'reason.MAX_VISITS': ['enough visits already', '上门次数已满'],
  'reason.DUTY_TOO_LONG': ['duty too long', '执勤时间过长'],
  'reason.TRAVEL_TOO_LONG': ['travel too long', '路程过长'],
  'reason.DISTANCE_TOO_LONG': ['distance too long', '距离过远'],
  'reason.PAIR': ['tied to another visit', '须与另一次上门搭配'],
  'reason.UNREACHABLE': ['cannot be reached', '无法到达'],
  'reason.TOO_COSTLY': ['dearer than waiting', '成本高于等待'],
  'reason.NO_TECHNICIAN': ['no technician there', '没有可用师傅'],
  'reason.DISPLACED': ['more important work comes first', '被更重要的工作占用'],
  'reason.NOT_TRIED': ['not tried yet', '尚未尝试'],

  'skill.plumbing': ['Plumbing', '水暖'],
  'skill.electrical': ['Electrical', '电工'],
  'skill.electric': ['Electrical', '电工'],
  'skill.electricity': ['Electrical', '电工'],
  'skill.hvac': ['Air conditioning', '空调'],
  'skill.aircon': ['Air conditioning', '空调'],
  'skill.appliance': ['Appliances', '家电'],
  'skill.appliances': ['Appliances', '家电'],
  'skill.carpentry': ['Carpentry', '木工'],
  'skill.lock': ['Locks', '开锁换锁'],
  'skill.locks': ['Locks', '开锁换锁'],
  'skill.locksmith': ['Locks', '开锁换锁'],
  'skill.network': ['Network', '网络'],
  'skill.gas': ['Gas', '燃气'],
  'skill.masonry': ['Masonry', '泥瓦'],
  'skill.painting': ['Painting', '油漆'],
  'skill.cleaning': ['Cleaning', '保洁'],
  'skill.general': ['General', '综合维修'],
} as const satisfies Record<string, readonly [string, string]>

export type TextKey = keyof typeof texts

/** A text in the language of the page. */
export function t(key: TextKey, fill: Record<string, string | number> = {}): string {
  return filled(texts[key][lang.value === 'zh' ? 1 : 0], fill)
}

export type Texts = Record<string, readonly [string, string]>

/** The texts of a part of the page that is loaded when it is asked for. */
export function translator<T extends Texts>(own: T): (key: keyof T & string, fill?: Record<string, string | number>) => string {
  return (key, fill = {}) => filled(own[key]![lang.value === 'zh' ? 1 : 0], fill)
}

const twoLanguages = /^(\P{Script=Han}*?\p{Script=Latin}\P{Script=Han}*?)(?: · | )(\p{Script=Han}.*)$/u

/** Data that come in both languages, as "Chen Wei 陈伟" or "Lamp is dark · 灯不亮", in one of them; others as they are. */
export function oneOf(text: string, language: Lang = lang.value): string {
  const parts = twoLanguages.exec(text)
  return parts ? parts[language === 'zh' ? 2 : 1]! : text
}

/** A text whose key is put together from data; what has no text is shown as it came. */
export function tOr(prefix: 'term' | 'reason' | 'skill' | 'event' | 'state' | 'worker', code: string, fill: Record<string, string | number> = {}): string {
  const pair = (texts as Record<string, readonly [string, string]>)[`${prefix}.${code}`]
  return pair ? filled(pair[lang.value === 'zh' ? 1 : 0], fill) : code
}

function filled(text: string, fill: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fill[name] ?? whole))
}
