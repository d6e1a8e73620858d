import { translator } from '../i18n.ts'

/** What the tour says: [English, Chinese]. */
export const words = translator({
  title: ['Guided tour, {n} of {all}', '导览 {n}/{all}'],
  next: ['Next', '下一步'],
  back: ['Back', '上一步'],
  skip: ['Close the tour', '关闭导览'],
  again: ['From the beginning', '从头开始'],
  waiting: ['The demo is still being told who lives here. A few seconds more…', '演示数据仍在写入，请稍候几秒…'],
  simulated: ['Everything is simulated. What you press here is done for real in this demo.', '全部数据均为模拟；此处的操作会在演示系统中真实执行。'],
  definition: ['How it is counted', '统计口径'],

  'operator.title': ['An operator whose tenants were leaving', '一家租客正在流失的公寓运营商'],
  'operator.text': ['Eight buildings in an invented city. A year ago nearly half of those asked thought of leaving. Not because of the price: small repairs took hours to be accepted, reminders felt like mass mail. Follow one household from a leaking tap to a new lease.', '一座虚构城市中的八栋公寓。一年前近半数受访租客想搬走，原因不是价格，而是小修要等几个小时才有人接、催续像群发广告。请跟随一户人家，从水龙头漏水走到续签。'],
  'operator.running': ['leases that run', '履约中的租约'],
  'operator.runningDef': ['leases in state ACTIVE or EXPIRING', '状态为“履约中”或“即将到期”的租约'],
  'operator.leaving': ['thought of leaving a year ago', '一年前想搬走的占比'],
  'operator.leavingDef': ['answers of 6 or less, of all answers to the survey of a year ago', '一年前问卷中给 6 分及以下的回答占全部回答之比'],
  'operator.home': ['The household of this tour', '本次导览的住户'],

  'report.title': ['1 · A tap drips', '一 · 水龙头漏水'],
  'report.text': ['The tenant reports it once, from the phone. No transfer, no second call: the order is created and offered to a technician in the same request.', '租客在手机上报修一次即可，无需转接或再次来电：工单在同一个请求里生成并派出。'],
  'report.do': ['Report it as the tenant', '以租客身份报修'],
  'report.done': ['The order is {id}.', '工单号 {id}。'],
  'report.took': ['from the click to an assigned order', '从点击到派单'],
  'report.tookDef': ['measured in this browser: the request, the choice of the technician and the commit to disk', '由本浏览器测得：含请求、选人与落盘'],

  'dispatch.title': ['2 · Who goes, and why', '二 · 派给谁，为什么'],
  'dispatch.text': ['The card beside this explains the choice: skill, way, load, and what each alternative would have cost. Nobody had to grab the job.', '旁边的卡片说明了选择依据：技能、路程、负荷，以及其他人选的代价差。不再靠抢单。'],
  'dispatch.who': ['goes', '上门师傅'],
  'dispatch.arrival': ['planned arrival', '预计上门'],
  'dispatch.window': ['window the tenant was told', '告知租客的时间窗'],

  'repair.title': ['3 · The repair', '三 · 维修'],
  'repair.text': ['The technician accepts, sets out, works and finishes; each tap reaches the tenant. The city runs faster than life, so this takes a minute or two. You may go on meanwhile.', '师傅接单、出发、作业、完成，每一步租客都看得到。城市运行比现实快，约需一两分钟；您也可以先看下一步。'],
  'repair.needed': ['Report the fault first (step 1).', '请先在第一步报修。'],

  'rating.title': ['4 · The rating', '四 · 评价'],
  'rating.text': ['One question after the work. The answer counts in the technician’s sheet and closes the loop.', '完工后只问一个问题；评价计入师傅考核，形成闭环。'],
  'rating.do': ['Give five stars as the tenant', '以租客身份给五星'],
  'rating.early': ['The work is not finished yet. Go on, or wait here.', '维修尚未完成，可继续下一步或在此等候。'],
  'rating.done': ['Rated with {n} stars.', '已评 {n} 星。'],

  'reminder.title': ['5 · The reminder that cannot be lost', '五 · 不会丢失的提醒'],
  'reminder.text': ['The lease of this household ends soon. 60, 30 and 7 days before, a reminder is owed; the obligation is a record from the day the lease was signed, and it says what became of it.', '这户的租约即将到期。到期前 60、30、7 天各欠一次提醒；义务自租约签订起即为一条记录，并写明结果。'],
  'reminder.ends': ['the lease ends', '租约到期日'],
  'reminder.rung': ['{n} days before', '到期前 {n} 天'],

  'proposal.title': ['6 · A proposal, not a countdown', '六 · 是建议，不是倒计时'],
  'proposal.text': ['The tenant gets a page of their own: what living here was, with the query behind every figure, and sliders that the server computes with the formula of the contract.', '租客收到专属续租页：居住回顾的每个数字都附查询来源；滑块由服务器按合同公式计算。'],
  'proposal.link': ['Make the tenant’s link', '生成租客链接'],
  'proposal.open': ['Open the tenant’s page', '打开租客页面'],

  'signature.title': ['7 · The signature', '七 · 签约'],
  'signature.text': ['The tenant accepts: twelve months, ten of their days free. The offers are taken from their stock and the next lease is drafted in one transaction; when it is signed, the old one is renewed.', '租客接受：续签十二个月，免租十天。权益扣减与新租约起草在同一事务中完成；新约签署后旧约转为已续租。'],
  'signature.do': ['Accept and sign as the tenant', '以租客身份接受并签署'],
  'signature.before': ['lease until now', '原租约'],
  'signature.after': ['lease that follows', '新租约'],
  'signature.rent': ['rent a month', '月租金'],
  'signature.rentDef': ['floor(price × (30 × months − free days) / (30 × months)), in fen', '向下取整（单价 ×（30 × 月数 − 免租天数）/（30 × 月数）），单位分'],

  'rate.title': ['8 · What comes of it', '八 · 结果'],
  'rate.text': ['The renewal rate by day with its danger line, and behind every figure the leases that it counts. The household of this tour counts once its old lease has ended.', '每日续租率与警戒线；每个数字背后都能看到所统计的租约。本次导览的住户将在旧约到期后计入。'],
  'rate.now': ['renewal rate today', '今日续租率'],
  'rate.before': ['a year ago', '一年前'],

  'end.title': ['That was the story', '故事讲完了'],
  'end.text': ['All of it went through the same methods that your own programs would use. Look on: the planner with its forecasts, the figures, the ledger of reminders.', '以上每一步都走公开接口，您自己的程序也能这样做。接下来可以看看：规划页的预测、指标页、提醒台账。'],
} as const)
