import { lang } from '../i18n.ts'
import { titleOf } from './words.ts'

export type Group = 'rental' | 'money' | 'service' | 'messages' | 'learning' | 'system' | 'other'

/**
 * One line for each page of records. What a line does not say comes from the contract: columns, filters, forms, verbs. A list of the
 * contract without a line has a page all the same, in the group "other".
 */
export interface Line {
  path: string
  group: Group
  title?: readonly [string, string]
  /** The name in the address where one path has several pages. */
  name?: string
  columns?: readonly string[]
  /** Filters that the page begins with. */
  preset?: Readonly<Record<string, string>>
  /** From which states a verb is legal; a verb that is not named is always offered. */
  legal?: Readonly<Record<string, readonly string[]>>
  /** Verbs over all records that concern one of them: their fields are filled in from it. */
  rowVerbs?: readonly string[]
}

const stillOpen = ['OFFERED', 'VIEWED', 'COUNTERED'] as const
const openLease = ['ACTIVE', 'EXPIRING'] as const

export const lines: readonly Line[] = [
  {
    path: 'leases', group: 'rental', title: ['Leases', '租约'], columns: ['number', 'state', 'tenantId', 'unitId', 'startDate', 'endDate', 'rentCents', 'standing'],
    legal: { sign: ['DRAFT'], activate: ['SIGNING'], withdraw: ['DRAFT', 'SIGNING'], renew: openLease, terminate: openLease, approveOpenEnded: ['DRAFT', 'SIGNING', ...openLease] },
  },
  {
    path: 'obligations', group: 'rental', title: ['Reminders', '提醒义务'], columns: ['dueDate', 'rung', 'leaseId', 'state', 'sentTime', 'deliveredTime', 'acknowledgedTime', 'delay', 'needsPerson'],
    legal: { acknowledge: ['SENT', 'DELIVERED', 'LATE'], waive: ['DUE', 'CLAIMED', 'LATE'], compensate: ['LATE', 'SENT', 'DELIVERED', 'ACKNOWLEDGED'] },
  },
  { path: 'properties', group: 'rental', title: ['Buildings', '楼栋'] },
  { path: 'units', group: 'rental', title: ['Units', '房间'], columns: ['number', 'propertyId', 'floor', 'areaSquareMeters', 'updateTime'] },
  { path: 'tenants', group: 'rental', title: ['Tenants', '租客'] },
  {
    path: 'renewals', group: 'rental', title: ['Renewals', '续租'], columns: ['state', 'tenantId', 'unitId', 'leaseId', 'startDate', 'totalCents', 'costCents', 'expireTime'],
    legal: { link: stillOpen, view: ['OFFERED'], quote: stillOpen, counter: stillOpen, accept: stillOpen, decline: stillOpen, revise: stillOpen, withdraw: stillOpen },
  },
  { path: 'renewals:queue', name: 'queue', group: 'rental', title: ['Whom to call first', '优先联系名单'], columns: ['score', 'tag', 'daysLeft', 'endDate', 'leaseId', 'tenantId', 'unitId', 'rentCents', 'reason'] },
  {
    path: 'signatures', group: 'rental', title: ['Signatures', '电子签约'], columns: ['state', 'signerName', 'leaseId', 'check', 'expireTime', 'signTime', 'provider', 'demo'],
    legal: { link: ['OPEN', 'IDENTIFIED'], sendCode: ['OPEN', 'IDENTIFIED'], decline: ['OPEN', 'IDENTIFIED'], withdraw: ['OPEN', 'IDENTIFIED', 'LOCKED'], identify: [], sign: [] },
  },
  { path: 'touchPoints', group: 'rental', title: ['Touch points', '触点'], columns: ['displayName', 'kind', 'publicScreen', 'text', 'disabled'] },
  { path: 'offers', group: 'rental', title: ['Offers', '优惠方案'] },
  { path: 'careTasks', group: 'rental', title: ['Care tasks', '关怀任务'], columns: ['reason', 'state', 'leaseId', 'dueTime', 'outcome', 'closedBy'], legal: { close: ['OPEN'] } },
  { path: 'surveys', group: 'rental', title: ['Surveys', '问卷'] },
  { path: 'segments', group: 'rental', title: ['Segments', '分群'] },
  { path: 'triggers', group: 'rental', title: ['Triggers', '触发规则'] },
  { path: 'idImages', group: 'rental', title: ['Copies of ID cards', '证件影像'], columns: ['tenantId', 'side', 'createTime', 'createdBy', 'sizeBytes'] },
  { path: 'cleaningFindings', group: 'rental', title: ['To be mended', '数据清洗'], columns: ['kind', 'state', 'objectKind', 'objectId', 'otherId', 'wish', 'createTime'], legal: { resolve: ['OPEN'] } },
  { path: 'cleaningReports', group: 'rental', title: ['Cleaning reports', '清洗报告'], columns: ['quarter', 'createTime', 'tenantCount', 'leaseCount', 'newCount', 'goneCount', 'openCount'] },
  { path: 'payments', group: 'money', title: ['Payments', '收款'] },
  { path: 'deposits', group: 'money', title: ['Deposits', '押金'] },
  { path: 'meters', group: 'money', title: ['Meters', '表计'] },
  { path: 'campaigns', group: 'money', title: ['Campaigns', '活动'] },
  { path: 'coupons', group: 'money', title: ['Coupons', '优惠券'] },
  { path: 'recurringOrders', group: 'service', title: ['Recurring orders', '周期工单'] },
  { path: 'incidents', group: 'service', title: ['Incidents', '事故'], legal: { group: ['OPEN'], ungroup: ['OPEN'], notify: ['OPEN'], close: ['OPEN'] } },
  { path: 'tasks', group: 'service', title: ['Tasks', '非维修任务'], columns: ['kind', 'state', 'role', 'unitId', 'description', 'doneDueTime', 'breached'], legal: { claim: ['NEW'], release: ['CLAIMED'], complete: ['NEW', 'CLAIMED'], cancel: ['NEW', 'CLAIMED'], propose: ['NEW', 'CLAIMED'] } },
  { path: 'operations', group: 'service', title: ['Operations that run', '作业'] },
  { path: 'imports', group: 'service', title: ['Imports', '导入'] },
  { path: 'messages', group: 'messages', title: ['Messages', '消息'], columns: ['dueTime', 'kind', 'to', 'recipient', 'channel', 'state', 'workOrderId', 'reason'], legal: { resolve: ['UNKNOWN', 'FAILED'] } },
  { path: 'messages', name: 'messagesForPerson', group: 'messages', title: ['For a person', '需人工处理'], columns: ['dueTime', 'kind', 'recipient', 'channel', 'state', 'reason', 'workOrderId'], preset: { state: 'UNKNOWN' } },
  { path: 'messageTemplates', group: 'messages', title: ['Texts', '消息模板'] },
  { path: 'recipients', group: 'messages', title: ['Recipients', '收件人'] },
  { path: 'webhookEndpoints', group: 'messages', title: ['Webhooks', '回调端点'], columns: ['url', 'types', 'state', 'reason', 'createTime'] },
  { path: 'processingAgreements', group: 'messages', title: ['Agreements', '数据处理协议'], columns: ['party', 'state', 'version', 'integrations', 'signedDate', 'expireDate'], legal: { end: ['FUTURE', 'VALID', 'EXPIRING'] } },
  { path: 'experiments', group: 'learning', title: ['Experiments', '实验'], columns: ['name', 'state', 'primary', 'winner', 'createTime'] },
  { path: 'renewalModels', group: 'learning', title: ['Models of renewals', '续租模型'] },
  { path: 'profiles', group: 'learning', title: ['Profiles', '租客画像'] },
  { path: 'profileSources', group: 'learning', title: ['Sources of profiles', '画像来源'] },
  { path: 'improvementPlans', group: 'learning', title: ['Improvement plans', '改进计划'], columns: ['displayName', 'state', 'kpi', 'baseline', 'current', 'target', 'owner', 'deadlineDate'], legal: { close: ['OPEN'] } },
  { path: 'pilots', group: 'learning', title: ['Pilots', '试点'], columns: ['displayName', 'state', 'kind', 'kpi', 'effect', 'policyId', 'startTime'], legal: { start: ['DRAFT'], decide: ['RUNNING'] } },
  { path: 'ideas', group: 'learning', title: ['Ideas', '金点子'], columns: ['title', 'state', 'votes', 'award', 'author', 'createTime'], legal: { vote: ['SUBMITTED', 'ACCEPTED', 'PILOTED'], decide: ['SUBMITTED', 'ACCEPTED', 'PILOTED'] } },
  { path: 'policies', group: 'learning', title: ['Policies', '策略'], columns: ['displayName', 'state', 'version', 'activateTime', 'activatedBy', 'note'], legal: { activate: ['DRAFT', 'RETIRED'] } },
  { path: 'customFields', group: 'learning', title: ['Own fields', '自定义字段'], columns: ['displayName', 'kind', 'name', 'type', 'choices'] },
  { path: 'customValues', group: 'learning', title: ['Values of own fields', '自定义字段值'], columns: ['kind', 'recordId', 'values', 'updateTime'], preset: { kind: 'WORK_ORDERS' } },
  { path: 'automations', group: 'learning', title: ['Rules', '自动规则'], columns: ['displayName', 'enabled', 'kind', 'when', 'text', 'setField'] },
  { path: 'automations:hits', name: 'automationHits', group: 'learning', title: ['What rules found', '规则命中'], columns: ['createTime', 'kind', 'recordId', 'text', 'setField', 'clearTime'] },
  { path: 'tiles', group: 'learning', title: ['Tiles', '看板指标'], columns: ['displayName', 'kind', 'where', 'measure', 'of', 'groupBy'] },
  { path: 'dueWork:dead', name: 'deadWork', group: 'system', title: ['Dead work', '失败的待办'], columns: ['kind', 'key', 'deadTime', 'attempts', 'lastError'], rowVerbs: ['dueWork:revive'] },
  { path: 'users', group: 'system', title: ['Users', '用户'], columns: ['displayName', 'roles', 'technicianId', 'disabled', 'createTime'] },
  { path: 'apiKeys', group: 'system', title: ['API keys', 'API 密钥'], columns: ['displayName', 'userId', 'roles', 'createTime', 'expireTime'] },
  { path: 'auditEvents', group: 'system', title: ['Audit', '审计'], columns: ['time', 'actor', 'method', 'objectKind', 'objectId', 'result'] },
]

/** Lists that have pages elsewhere. */
export const elsewhere = new Set(['workOrders', 'technicians', 'kpis', 'reconciliation', 'keys'])

export const keyOf = (line: Line): string => line.name ?? line.path
export const titleOfLine = (line: Line): string => line.title?.[lang.value === 'zh' ? 1 : 0] ?? titleOf(line.path)

/** Where the record behind the name of a field is shown: "leaseId" is one of leases. */
export function pathOf(field: string): string {
  const stem = field.replace(/Id$/, '').replace(/^(?:next|previous|linked|parent)([A-Z])/, (_, c: string) => c.toLowerCase())
  const known: Record<string, string> = { property: 'properties', building: 'properties', policy: 'policies', endpoint: 'webhookEndpoints' }
  return known[stem] ?? `${stem}s`
}
