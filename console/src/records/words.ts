import { lang, translator } from '../i18n.ts'

// Each line: [English, Chinese]. {name} is filled in.
const texts = {
  'rec.add': ['Add', '新增'],
  'rec.edit': ['Change', '修改'],
  'rec.save': ['Save', '保存'],
  'rec.delete': ['Delete', '删除'],
  'rec.deleteAsk': ['Delete it for good?', '确定永久删除？'],
  'rec.read': ['Read again', '刷新'],
  'rec.any': ['any', '不限'],
  'rec.none': ['Nothing here yet.', '暂无记录。'],
  'rec.noneAdd': ['Nothing here yet. Add the first one.', '暂无记录，可新增第一条。'],
  'rec.noMatch': ['Nothing fits these filters.', '没有符合筛选条件的记录。'],
  'rec.clear': ['Clear filters', '清除筛选'],
  'rec.count': ['{n} shown', '已显示 {n} 条'],
  'rec.all': ['{n} in all', '共 {n} 条'],
  'rec.more': ['Show more', '显示更多'],
  'rec.done': ['Done: {what}', '已完成：{what}'],
  'rec.secret': ['Shown only now: copy it to where it is needed.', '仅显示这一次，请立即复制保存。'],
  'rec.copy': ['Copy', '复制'],
  'rec.copied': ['Copied', '已复制'],
  'rec.file': ['File', '文件'],
  'rec.begun': ['It has begun: see how far it is', '已开始：查看进度'],
  'rec.take': ['Keep the file', '下载文件'],
  'rec.unchanged': ['Nothing was changed.', '没有修改。'],
  'rec.stale': ['Somebody has changed it meanwhile. It was read again: look and try once more.', '内容已被他人修改，现已重新读取，请确认后再试。'],
  'rec.related': ['More about it', '相关内容'],
  'rec.reports': ['Reports', '报告'],
  'rec.ask': ['Ask', '查询'],
  'rec.lines': ['One a line', '每行一项'],
  'rec.pairs': ['One a line, as name: value', '每行一项，格式为 名称: 值'],
  'rec.one': ['Add one', '添加一项'],
  'rec.drop': ['Remove', '移除'],
  'rec.latitude': ['Latitude', '纬度'],
  'rec.longitude': ['Longitude', '经度'],
  'rec.wrongPair': ['Line {n} has no colon.', '第 {n} 行缺少冒号。'],
  'rec.wrongNumber': ['Not a number.', '不是数字。'],
  'rec.noRole': ['Your role may not see this.', '您的角色无权查看。'],
  'rec.gone': ['This service does not have it.', '当前服务没有此项。'],
  'rec.places': ['Sections', '栏目'],
  'rec.section': ['Section', '栏目'],
  'rec.yes': ['yes', '是'],
  'rec.no': ['no', '否'],
  'rec.columns': ['{name}: list', '{name}列表'],
  'rec.seconds': ['{name} (seconds)', '{name}（秒）'],
  'rec.printed': ['Print', '打印'],
  'group.rental': ['Rental', '租赁'],
  'group.money': ['Money', '收支'],
  'group.service': ['Service', '服务'],
  'group.messages': ['Messages', '消息'],
  'group.learning': ['Learning', '实验与改进'],
  'group.system': ['System', '系统'],
  'group.other': ['Other', '其他'],
} as const satisfies Record<string, readonly [string, string]>

export type RecordText = keyof typeof texts
export const w = translator(texts)

/** Names of fields, lists, verbs and codes whose words taken one by one would mislead. */
const whole: Record<string, readonly [string, string]> = {
  'incident.note': ['incident in the house', '楼栋通知'], 'lease.formal_notice': ['formal notice of the end', '到期正式通知'], 'lease.intent_survey': ['what the tenant means to do', '续租意向问卷'], 'lease.note': ['note on a lease', '租约留言'],
  'lease.notice_copy': ['copy of a notice', '通知副本'], 'lease.renewal_proposal': ['proposal to renew', '续租方案'], 'lease.review': ['review of an open end', '不定期复核'], 'lease.survey': ['survey', '问卷'], 'lease.touch': ['touch before the end', '到期前关怀'],
  'link.renewal': ['link to a proposal', '续租方案链接'], 'note.technician': ['note to the technician', '给师傅的留言'], 'note.tenant': ['note to the tenant', '给租客的留言'], 'note.waits': ['note waits for an answer', '留言待回复'], 'sign_in.code': ['code to sign in', '登录验证码'],
  'signature.code': ['code to sign', '签约验证码'], 'task.late': ['task is late', '任务超时'], 'tenants.unusual_reading': ['unusual reading of tenants', '异常读取租客资料'], 'work_order.accepted': ['order accepted', '已接单'], 'work_order.acknowledged': ['order acknowledged', '工单已响应'],
  'work_order.canceled': ['order canceled', '工单已取消'], 'work_order.completed': ['order completed', '维修完成'], 'work_order.escalated': ['order escalated', '工单升级'], 'work_order.offered': ['order offered', '待接单'], 'work_order.on_the_way': ['technician on the way', '师傅已出发'],
  'work_order.sla_breached': ['promise missed', '承诺超时'],
  PHONE_INVALID: ['telephone is none', '手机号无效'], ID_INVALID: ['identity number is none', '身份证号无效'], ID_EXPIRED: ['identity card has expired', '证件过期'], CONTACT_STALE: ['emergency contact is old', '紧急联系人待更新'],
  DUPLICATE_TENANT: ['tenant twice', '租客重复'], LEASE_WITHOUT_RENT: ['lease without rent', '租约无租金'], LEASE_PAST_END: ['lease past its end', '租约逾期未处理'], LEASE_NO_TENANT: ['lease of nobody', '租约无租客'],
  LEASE_OVERLAP: ['leases overlap', '租约重叠'], FRONT: ['front', '正面'], BACK: ['back', '背面'], OFF_SHIFT: ['off shift', '未在班'],
  UNPLANNED: ['unplanned', '未排入路线'], UNDER_WAY: ['under way', '在途'], AVAILABLE: ['available', '空闲'], EN_ROUTE: ['on the way', '已出发'], WORKING: ['in work', '处理中'], ASSUMED: ['assumed', '假定'],
  MON: ['Mon', '周一'], TUE: ['Tue', '周二'], WED: ['Wed', '周三'], THU: ['Thu', '周四'], FRI: ['Fri', '周五'], SAT: ['Sat', '周六'], SUN: ['Sun', '周日'],
  REPORTERS: ['reporters', '报修人'], JOINING: ['joining', '加入中'], GROUPED: ['grouped', '已归并'], APART: ['apart', '未归并'], LEAVING: ['leaving', '移出中'], BOOL: ['yes or no', '是或否'], SIGNATURE: ['signature', '签名'],
  CSV: ['CSV', 'CSV'], XLSX: ['XLSX', 'XLSX'], SUCCEEDED: ['succeeded', '成功'], SERVED_ORDER: ['served order', '所服务的工单'], OPTIONAL: ['optional', '可选'], FILL: ['filled in', '自动填入'], EACH: ['each', '逐项'],
  GUARD_RAIL: ['guard rail', '触及护栏'], LATE_REPAIR: ['late repair', '维修迟到'], GOOD: ['good', '满意'], NEUTRAL: ['neutral', '一般'], BAD: ['bad', '不满意'], COUNTERED: ['another wish', '已还价'], WITHDRAWN: ['withdrawn', '已撤回'],
  LIFT_SCREEN: ['lift screen', '电梯屏'], PARCEL_LOCKER: ['parcel locker', '快递柜'], PAYMENT_PAGE: ['payment page', '缴费页'], CONFLICT: ['conflict', '冲突'], TAKE_FILE: ['take the file', '以文件为准'], CHANGED: ['changed', '已变更'],
  IDENTIFIED: ['identified', '已核验'], RESCHEDULED: ['rescheduled', '已改期'], PILOTED: ['piloted', '试点中'], DROPPED: ['dropped', '未排入'], GAINED: ['gained', '新排入'], ADDED: ['added', '新增'], REMOVED: ['removed', '移除'], RETIRED: ['retired', '已停用'],
  PARCEL: ['parcel', '快递'], NOISE: ['noise', '噪音'], ROOMMATE_LEFT: ['a room-mate has left', '室友搬走'], MATCHING: ['a room-mate is looked for', '室友匹配'], BILLING: ['billing', '账单'], AGREED: ['agreed', '已同意'], WITHHELD: ['withheld', '已扣留'],
  DEPOSIT_DIFFERS: ['deposit differs', '押金不符'], DEDUCTION_NOT_BOOKED: ['deduction not booked', '扣款未入账'], AMOUNT_DIFFERS: ['amount differs', '金额不符'], NO_EVIDENCE: ['no evidence', '缺少凭证'], DEDUCTED_MORE_THAN_DEPOSIT: ['deducted more than the deposit', '扣款超过押金'],
  REFUND_DIFFERS: ['refund differs', '退款不符'], ENTRY_TWICE: ['entry twice', '重复入账'], AUDITED: ['audited', '已核对'], LEAK: ['leak', '漏水'], SPIKE: ['spike', '突增'], STUCK: ['stuck', '表计停走'], NEGATIVE: ['negative', '负值'], NONE: ['none', '无'],
  REVERSED: ['reversed', '已冲正'], CALLED_OFF: ['called off', '已取消'], CONTINUED: ['continued', '续修'], REOPENED: ['reopened', '返修'],
  createTime: ['created', '创建时间'], updateTime: ['changed', '更新时间'], displayName: ['name', '名称'], unitId: ['unit', '房间'], tenantId: ['tenant', '租客'],
  leaseId: ['lease', '租约'], propertyId: ['building', '楼栋'], technicianId: ['technician', '师傅'], workOrderId: ['work order', '工单'], userId: ['user', '用户'],
  buildingId: ['building', '楼栋'], id: ['ID', '编号'], dueTime: ['due', '应发时间'], sentTime: ['sent', '发送时间'], deliveredTime: ['delivered', '送达时间'],
  acknowledgedTime: ['acknowledged', '确认时间'], settledTime: ['settled', '结清时间'], startDate: ['first day', '起租日'], endDate: ['last day', '到期日'],
  leaveDate: ['leaves on', '离开日'], dueDate: ['due on', '应发日'], needsPerson: ['needs a person', '需人工处理'], standing: ['its end is', '到期处理'],
  standingReason: ['why an exception', '例外原因'], rung: ['step', '节点'], endingFrom: ['ends from', '到期起'], endingBefore: ['ends before', '到期止'],
  dueFrom: ['due from', '应发起'], dueBefore: ['due before', '应发止'], number: ['number', '号码'], areaSquareMeters: ['area (m²)', '面积（㎡）'],
  openEnded: ['open-ended', '不定期说明'], nextLeaseId: ['next lease', '续签租约'], previousLeaseId: ['lease before', '上一租约'], termsVersion: ['version of terms', '条款版本'],
  paymentCycle: ['paid', '付款周期'], activeTime: ['active since', '生效时间'], closeTime: ['closed', '结束时间'], class: ['kind', '类型'], attempts: ['attempts', '尝试记录'],
  objectKind: ['kind of object', '对象类型'], objectId: ['object', '对象'], method: ['method', '方法'], actor: ['by', '操作人'], from: ['from', '起'], to: ['to', '至'],
  eventTypes: ['events', '事件类型'], url: ['address', '地址'], expireTime: ['ends', '到期时间'], lastUseTime: ['last used', '最近使用'], subject: ['subject', '外部账号'],
  quietHours: ['quiet hours', '免打扰时段'], traceId: ['trace', '追踪号'], deadTime: ['given up', '失败时间'], lastError: ['last error', '最近错误'],
  approveOpenEnded: ['Approve open end', '批准不定期'], rotateSecret: ['New secret', '更换密钥'], grantCredits: ['Grant credits', '发放额度'], optOut: ['Opt out', '退出'],
  sign: ['Sign', '提交签约'], activate: ['Activate', '生效'], renew: ['Renew', '续租'], terminate: ['Terminate', '终止'], withdraw: ['Withdraw', '撤回'],
  acknowledge: ['Acknowledge', '确认收悉'], waive: ['Waive', '豁免'], compensate: ['Compensate', '补偿'], resolve: ['Settle', '处理'], revive: ['Revive', '恢复执行'],
  repair: ['Repair', '修复'], certificate: ['Certificate', '证明'], reconcile: ['Reconcile', '核对'], replay: ['Send again', '重发'], test: ['Send a test', '发送测试'],
  dueWork: ['dead work', '失败的待办'], apiKeys: ['API keys', 'API 密钥'], messageTemplates: ['texts of messages', '消息模板'], webhookEndpoints: ['webhooks', '回调端点'],
  renewalModels: ['models of renewals', '续租模型'], auditEvents: ['audit', '审计'], keys: ['keys', '密钥'], textEn: ['English text', '英文文本'], textZh: ['Chinese text', '中文文本'],
  ORG_ADMIN: ['admin', '管理员'], DISPATCHER: ['dispatcher', '调度员'], SUPERVISOR: ['supervisor', '主管'], FINANCE: ['finance', '财务'], FRONT_DESK: ['front desk', '前台'],
  PLANNER: ['planner', '规划'], AUDITOR: ['auditor', '审计员'], TENANT: ['tenant', '租客'], TECHNICIAN: ['technician', '师傅'], UNSETTLED: ['unsettled', '待确认'],
  EXPIRING: ['ending', '临近到期'], DUE: ['due', '待发'], CLAIMED: ['being sent', '发送中'], SUPPRESSED: ['not sent on purpose', '按规则不发'], SIGNING: ['signing', '签约中'],
  ENABLED: ['on', '启用'], DISABLED: ['off', '停用'], UNKNOWN: ['not known', '结果不明'], OPEN_ENDED: ['open-ended', '不定期'], FIXED_TERM: ['fixed term', '定期'],
  APPROVED_OPEN_ENDED: ['open end approved', '已批准不定期'], NEW: ['new', '待派单'], ASSIGNED: ['offered', '待接单'], ACCEPTED: ['accepted', '已接单'], ARRIVED: ['it arrived', '确已送达'],
  WGS84: ['WGS-84', 'WGS-84'], GCJ02: ['GCJ-02', 'GCJ-02'], BD09: ['BD-09', 'BD-09'], builtIn: ['built in', '内置'], auc: ['AUC', 'AUC'], brier: ['Brier score', '布里尔分数'], entrySeconds: ['to the door (s)', '入户用时（秒）'],
  NOT_SENT: ['it was not sent', '确未发出'], DROP: ['give it up', '不再发送'], HALF_YEARLY: ['half-yearly', '半年付'], MONTHLY: ['monthly', '月付'], QUARTERLY: ['quarterly', '季付'], YEARLY: ['yearly', '年付'],
}

/** One word each, for names that are not listed above: names of the contract are put together from these. */
const single = `able 可 accept 接受 accepted 已接受 access 访问 account 账户 accuracy 精度 action 操作 active 生效 actual 实际 add 添加 address 地址 adds 增加 advice 建议 age 时长
ahead 提前 agreement 协议 agreements 协议 alarm 告警 all 全部 alternatives 备选 amount 金额 analyze 分析 answer 答复 answers 答复 api 接口 applied 已应用 apply 应用 approach 路线 approve 批准 approved 已批准 approver 批准人 area 片区
arrival 到达 arrived 已到达 assign 分配 assigned 已分配 at 于 attempt 尝试 attributes 属性 attachment 附件 attachments 附件 audit 审计 author 提出人 award 奖励 awarded 已获奖 balance 余额 base 基准 baseline 基线
basis 依据 before 之前 begin 开始 best 最佳 bias 偏倚 bill 账单 binding 约束 body 正文 bound 上限 breach 违约 budget 预算 building 楼栋 bucket 时段 by 由 bytes 字节 calibration 校准 campaign 活动 campaigns 活动
cancel 取消 canceled 已取消 capture 记录 category 类别 cause 原因 cell 网格 cells 网格 cents 金额 changes 变更 channel 渠道 channels 渠道 chosen 已选 city 城市 claim 领取 cleaning 清洗 clauses 条款 click 点击 close 关闭 closed 已关闭
code 编码 collect 收取 comment 备注 community 社区 compensated 已补偿 complete 完成 completed 已完成 condition 条件 conditions 条件 confirm 确认 confirmed 已确认 consent 同意 contact 联系 contract 合同 control 对照 cost 成本 count 数量
coupon 优惠券 coupons 优惠券 cover 覆盖 created 已创建 credits 额度 currency 币种 current 当前 cycle 周期 daily 每日 data 数据 date 日期 datum 坐标系 day 日 days 天数 dead 失败 deadline 截止 decided 已决定 decision 决定 decline 拒绝 declined 已拒绝
deduct 扣除 deducted 已扣 deduction 扣款 deductions 扣款 default 默认 default 默认 definition 定义 delay 延误 deliveries 投递记录 delivered 已送达 demand 需求 departed 已出发 deposit 押金 deposits 押金 description 描述 detail 详情 difference 差额
disable 停用 disabled 已停用 discount 折扣 dispute 争议 disputed 有争议 distance 距离 district 区 document 文件 done 完成 draft 草稿 drill 演练 due 到期 duration 时长 effect 效果 effective 生效 electricity 电 email 邮箱 emergency 紧急 empty 空置
enable 启用 enabled 已启用 end 结束 ended 已结束 endpoints 端点 entries 记录 entry 记录 error 错误 errors 错误 estimate 估算 estimated 预计 event 事件 events 事件 evidence 证据 exception 例外 exceptions 例外 excluded 已排除 executed 已执行 expected 应有
experiment 实验 experiments 实验 expire 到期 expired 已到期 expires 到期 export 导出 expose 曝光 exposures 曝光 expression 表达式 extra 多余 failed 失败 fault 故障 feature 特征 features 特征 fee 费用 field 字段 fields 字段 file 文件 files 文件
filter 条件 finding 发现 findings 发现 gone 已消失 finance 财务 finished 已结束 first 首次 fixed 固定 floor 楼层 flow 流程 forecast 预测 forfeit 没收 freeze 冻结 frequency 频率 from 起 full 完整 future 将来 gap 差距 gas 燃气 given 已给 goal 目标 group 分组 groups 分组 guard 护栏
harm 损害 hash 摘要 header 标头 held 持有 high 高 history 历史 hold 持有 home 住处 hop 环节 hour 小时 hours 小时数 household 住户 idea 点子 ideas 金点子 images 影像 ids 编号 import 导入 imports 导入 in 内 incident 事故 incidents 事故 index 序号 inspection 巡检
instances 实例 interval 间隔 invoice 发票 is 是否 issue 签发 issued 已签发 item 项 items 项目 key 标识 keys 标识 kill 停止 killed 已停止 kind 类别 known 已知 language 语言 last 最近 late 迟办 latitude 纬度 layout 户型 lease 租约 leases 租约 ledger 台账 level 等级
limit 上限 limits 上限 line 明细 lines 明细 link 关联 list 清单 local 本地 location 位置 lock 锁定 locked 已锁定 locks 门锁 log 日志 longitude 经度 loss 损失 low 低 made 生成 mark 标记 max 最大 mean 均值 median 中位 member 成员 members 成员 merged 已合并 message 消息
messages 消息 meter 表计 meters 表计 metric 指标 metrics 指标 min 最小 minutes 分钟 missed 错过 missing 缺失 model 模型 modified 修改 money 金额 month 月份 monthly 每月 mood 心情 move 移动 moved 已移动 name 名称 needed 所需 next 下次 night 夜间 not 未 note 备注 notes 备注
number 号码 object 对象 obligation 提醒 obligations 提醒 observed 观测 of 之 offer 方案 offered 已提供 offers 方案 on 于 open 未结 opened 已打开 operation 作业 operations 作业 operator 经办人 option 选项 options 选项 order 工单 orders 工单 org 组织 other 其他 outcome 结果
output 输出 overdue 逾期 owed 应付 owner 负责人 paid 已付 pair 配对 parent 上级 part 部分 parts 配件 party 当事人 pause 暂停 paused 已暂停 pay 支付 payment 收款 payments 收款 pending 待处理 percent 百分比 period 周期 person 人员 phone 电话 photo 照片 photos 照片 pilot 试点 pilots 试点
pin 锁定 place 地点 plan 计划 planned 计划 policies 策略 policy 策略 position 位置 posts 待命点 predicted 预测 previous 上一个 price 价格 primary 主要 priority 优先级 probability 概率 processed 已处理 profile 画像 progress 进度 promise 承诺 promised 已承诺 properties 楼栋 property 楼栋 proposal 方案
proposals 方案 proposed 已提议 prioritize 排序 provider 提供方 publish 发布 published 已发布 purpose 用途 quantity 数量 question 问题 questions 问题 quiet 免打扰 range 范围 rate 评分 rating 评分 ratings 评分 ratio 比例 reach 可达 read 读数 reading 读数 readings 读数 reads 读取 reason 原因 receipt 收据 received 已收
recipient 收件人 recipients 收件人 reconciliation 对账 record 登记 recorded 已登记 recurring 周期性 redeem 核销 redeemed 已核销 redemption 核销 redemptions 核销 reference 凭证号 refund 退款 refunded 已退 region 区域 reject 驳回 rejected 已驳回 related 相关 release 发布 released 已发布 reminder 提醒 remaining 剩余 renewal 续租 renewals 续租 renewed 已续
rent 租金 reopen 重新打开 repaired 已修复 replied 已回复 reply 回复 report 报告 reported 已上报 reports 报修 request 请求 required 必需 resolution 精度 resolved 已处理 resource 资源 response 答复 responses 答复 result 结果 results 结果 resume 继续 return 退还 returned 已退还 revenue 收入 review 复核 reviewed 已复核 revoke 撤销 revoked 已撤销 risk 风险
role 角色 roles 角色 room 房间 rooms 房间 root 根因 route 路线 rule 规则 rules 规则 run 运行 running 进行中 runs 运行 sample 样本 scale 刻度 schedule 计划 scheduled 已安排 scope 范围 score 得分 seconds 秒 secret 密钥 segment 分群 segments 分群 send 发送 sent 已发 sequence 序号 serial 序列号 service 服务 set 设置 settle 结清 settled 已结清 settlement 结算
severity 严重度 share 占比 sheet 表 shift 班次 shifts 班次 show 显示 shown 已显示 signed 已签 simulate 模拟 site 现场 size 规模 skill 技能 skills 技能 slot 时段 slots 时段 source 来源 spent 已花费 stage 阶段 start 开始 started 已开始 state 状态 status 状态 step 步骤 steps 步骤 stop 停止 stopped 已停止 street 街道 streams 流 submit 提交 submitted 已提交 success 成功 suggested 建议
sum 合计 summary 摘要 superseded 已取代 survey 问卷 surveys 问卷 survived 保持 target 目标 targets 目标 tariff 费率 tax 税 team 团队 technician 师傅 technicians 师傅 template 模板 templates 模板 tenant 租客 tenants 租客 terms 条款 territories 片区 territory 片区 test 测试 text 文本 texts 文本 threshold 阈值 time 时间 timeline 时间线 times 时间 title 标题 to 至 token 令牌 tools 工具 total 合计
touch 触达 trace 追踪 trade 工种 transfer 转移 treatment 处理组 triage 分诊 trigger 触发 triggers 触发 type 类型 types 类型 undo 撤销 unit 房间 units 房间 unlink 取消关联 unpaid 未付 until 截至 update 更新 updated 已更新 upload 上传 uploaded 已上传 urgency 紧急程度 usage 用量 use 使用 used 已用 user 用户 users 用户 utility 水电 vacancy 空置 valid 有效 validity 有效期 value 值 values 值 variant 方案 variants 方案 vendor 供应商
verified 已核实 verify 核实 verdict 结论 version 版本 versions 版本 viewed 已查看 visible 可见 visit 上门 visits 上门 void 作废 voided 已作废 vote 投票 votes 票数 wait 等待 waived 已豁免 waiting 等待中 water 水 way 路程 webhook 回调 week 周 weekly 每周 weight 权重 weights 权重 what 内容 when 时间 why 原因 window 时间窗 windows 时间窗 winner 胜出 work 工作 worker 工作进程 zero 零 zone 时区
adopted 已采纳 effects 效果 free 免租 partner 合作方 outcomes 结果 moods 心情 invited 已邀请 quarter 季度 repeat 每季重复 assignments 分配 fit 拟合 override 覆盖 social 社交 columns 列 activate 启用 horizon 时段 retire 停用 greeting 问候语 prices 价格 counter 还价 quote 报价 revise 修订 point 点 view 查看 choice 选择 figures 数据 query 查询 upgrade 升级 voucher 礼券 stock 库存 taken 已领取 respond 回答 opt 选择 outs 退出 timeout 超时 escalate 升级 above 超过 mode 模式 veto 否决 surplus 富余 unserved 未服务 per 每 teams 班组 shadow 影子 suggest 建议 auto 自动 with 含 after 之后 second 秒 out 退出 sign 登录 import 导入 cover 覆盖 fairness 公平 travel 路程 lateness 迟到 overtime 加班 preference 偏好 distance 距离 breakage 损坏 device 设备 devices 设备 session 会话 sessions 会话 purge 清除 retention 保留 variables 变量 addresses 地址 alpha 显著性水平 seed 种子 penalty 惩罚 came 实际 said 预测 optouts 退出名单 partially 部分 fully 全部 refused 已拒绝 generated 已生成 imported 已导入 collected 已收取 cold 冷 hot 热 failures 失败 acts 操作 ready 就绪 care 关怀 normal 普通 abnormal 异常 confirmed 已确认 corrected 已更正 correct 更正 correction 更正 redeemable 可用 issuer 签发人 skipped 已跳过 skip 跳过 generate 生成 preview 预览 rollback 回滚 activated 已启用 archived 已归档 archive 归档 terminated 已终止 delivery 投递 sms 短信 wechat 微信 app 应用
heating 取暖 national 身份 tags 标签 tag 标签 relation 关系 consents 同意项 erase 清除 reveal 查看 hint 提示 granted 已同意 months 月数 certificate 证书 sha 摘要 check 检查
demo 演示 four 四位 left 剩余 identify 识别 signer 签署人 stamp 盖章 wrong 错误 label 名称 rank 名次 rest 休息 below 低于 signal 信号 minor 分 utilities 水电 reverse 冲正
elapsed 已过 mismatches 不符 books 账簿 case 个案 measure 措施 kinds 类别 power 功效 benefit 福利 funnel 漏斗 claimed 已领取 lead 提前量 rrule 重复规则 only 仅限 preferred 优先
iot 物联网 escalation 升级 into 至 assignment 分配 clocks 时点 acknowledged 已确认 suggestion 建议 unassigned 未派单 short 不足 problem 问题 validate 校验 against 对照
block 区段 length 长度 blocks 区段 despite 仍要进行 improvement 改进 kpi 指标 treated 处理组 can 可 enough 足够 least 最小 finding 结论 buildings 楼栋 decide 裁定 milestone 里程碑
column 列 reached 达成 dismiss 忽略 dismissed 已忽略
a 甲 b 乙 act 行动 acted 已行动 added 新增 announce 告知 announced 已告知 answered 已回答 arms 方案 arrive 到达 attempts 尝试 audience 受众 automation 规则 automations 规则 bad 不满意 boundary 边界 breached 超时 breaches 超时 breaks 休息 broken 违背 buckets 时段 busy 忙碌 button 按钮 caption 说明 change 更改 changed 已更改 charts 图表 choices 选项 clear 解除 cleared 已解除
clicks 点击 comparables 可比房源 confidence 置信度 conflict 冲突 conflicts 冲突 contacts 联系方式 content 内容 conversations 对话 conversions 转化 counts 计数 coverage 覆盖 covered 已覆盖 cross 越界 custom 自定义 danger 危险 decisions 决策 definitions 定义 depart 出发 desk 客服 detractors 贬损者 deviance 偏差 deviation 偏差 differences 差异 different 不同
digits 位数 door 门前 drawn 抽签 dry 试 duplicates 重复 embed 嵌入 emergencies 紧急单 entitlement 权益 entitlements 权益 equals 等于 exact 精确 explain 解释 explained 已解释 exposed 已曝光 fact 数据 facts 数据 fewer 较少 followed 已遵循 forecasts 预测 format 格式 found 命中 gained 增加 gini 基尼 good 满意 heatmap 热力图 height 高度 hit 命中 hits 命中 hops 环节
hotspots 热点 html 代码 identical 一致 infeasible 不可行 instalments 分期 integration 集成 integrations 集成 judge 评判 judged 已评判 keep 保留 lapsed 已过期 latest 最近 leader 领先 lent 让出 life 有效期 links 链接 live 实时 lives 记录 longest 最长 looks 查看 loses 损失 lost 损失 maps 路线图 margin 差距 matches 符合 maximum 最大值 may 可 measured 已测量 merge 合并
methods 方法 minimum 最小值 models 模型 more 更多 most 最多 moves 调动 nearby 附近 neutral 一般 new 新 news 进展 no 无 notices 通知 notify 通知 now 现在 nps 净推荐值 observations 观测 occurrences 执行 odds 几率 offset 偏移 old 原 omitted 省略 opted 已选择 origins 来源网页 overridden 已覆盖 own 本人 page 页 pairs 配对 path 路径 pattern 规律 plans 计划 points 点 positions 位置
processing 处理 profiles 画像 promises 承诺 promoters 推荐者 prompt 及时 proof 证明 propagation 传播 propose 提议 public 公共 queue 队列 radius 半径 raw 原始 reasons 原因 reassign 改派 reassignments 改派 records 记录 refresh 续期 reliability 可靠度 removed 已移除 reopened 返修 replaced 已替换 replayed 已重放 resealed 已重新加密 resealing 重新加密 road 成长 rotate 更换
routes 路线 rows 行 same 相同 saved 节省 screen 屏幕 search 查找 sections 部分 seen 看到 sentences 说明 serials 编号 shares 占比 shrunk 校正 side 面 signals 信号 signature 签名 signatures 签名 silent 静默 since 自 snapshot 快照 solve 求解 sources 来源 spans 时段 square 平方 stability 稳定度 stable 稳定 stale 过期 standard 标准 standby 待命 statement 账单
states 状态 stops 上门 stream 流 subject 主体 suggestions 建议 suppressed 未发 surely 确定 switch 切换 take 采用 task 任务 tasks 任务 tentative 暂定 term 项 tiles 看板指标 told 已告知 took 用时 track 进度 trips 出行 unavailable 不可用 unchanged 未变 ungroup 移出 unknown 未知 unmerge 撤销合并 unopposed 无异议 unpin 取消锁定 unpriced 未定价 upcoming 即将 uploads 上传
variability 波动 views 查看 waterfall 用时分解 ways 途径 weather 天气 where 条件 width 宽度 wish 要求 within 以内 without 不含 words 词语 worst 最长 yesterday 昨日 call 电话 conversion 转化`

const words = new Map<string, string>()
const tokens = single.split(/\s+/)
for (let i = 0; i + 1 < tokens.length; i += 2) words.set(tokens[i]!, tokens[i + 1]!)

const parts = (name: string): string[] => (name.includes('_') || name === name.toUpperCase() ? name.toLowerCase().split(/[_\s]+/) : name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [name]).map((p) => p.toLowerCase())
const dropped = new Set(['id', 'cents'])

/** A name of the contract in words: "dueTime", "OPEN_ENDED", "webhookEndpoints". Unknown words stay as they are. */
export function nameOf(name: string): string {
  const known = whole[name]
  if (known) return known[lang.value === 'zh' ? 1 : 0]
  const all = parts(name)
  const kept = all.length > 1 ? all.filter((p) => !dropped.has(p)) : all
  if (lang.value !== 'zh') return kept.join(' ')
  return kept.map((p) => words.get(p) ?? p).join('')
}

/** The same with a capital letter, for labels, heads and buttons. */
export function titleOf(name: string): string {
  const text = nameOf(name)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The words of a name that the dictionary does not have, for the test that asks for all of them. */
export const unknownWords = (name: string): string[] => (whole[name] ? [] : parts(name).filter((p) => !dropped.has(p) && !words.has(p) && !/^\d+$/.test(p)))
