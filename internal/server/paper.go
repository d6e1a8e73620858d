package server

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"

	dispatchv1 "fettle/api/gen/fettle/dispatch/v1"
	"fettle/dispatch"
	"fettle/dispatch/engine"
	"fettle/internal/adapter/pdf"
)

// language is the words of timelines on paper.
type language struct {
	code      string // BCP 47
	sentences map[engine.EventType]string
	promises  map[engine.Clock]string
	somebody  string // a technician without a name
	stop      string // at the end of sentences
	colon     string
	tapped    string // when something was done that was told late
	labels    [len(paperLabels)]string
	values    map[string]string // of states and channels; what is missing stays
}

// paperLabels are the texts of a page in English, and their order in all languages.
var paperLabels = [...]string{
	"Timeline of work order ", "Order", "State", "Reported through", "Made at", "by", "Times are in", "Entries", "What happened", "Time", "What", "By", "Cell",
	"SHA-256 of the lines of the JSON form: ",
	"Who has the JSON form (GET /v1/workOrders/{id}/timeline:export) can compare: jq -r '.entries[].line' copy.json | sha256sum. " +
		"The digest is the same in every language.",
}

// Places in paperLabels.
const (
	labelTitle = iota
	labelOrder
	labelState
	labelChannel
	labelMade
	labelMaker
	labelZone
	labelCount
	labelEntries
	labelTime
	labelWhat
	labelBy
	labelCell
	labelDigest
	labelCompare
)

func english() *language {
	return &language{
		code: "en", sentences: sentences, promises: promises, somebody: "The technician", stop: ".", colon: ": ", tapped: " (done at %s, told later)", labels: paperLabels,
	}
}

func chinese() *language {
	return &language{
		code: "zh-CN", sentences: sentencesChinese, promises: promisesChinese, somebody: "维修师傅", stop: "。", colon: "：", tapped: "（操作于 %s，稍后上传）",
		labels: [...]string{
			"工单时间线 ", "工单", "状态", "报修渠道", "生成时间", "生成人", "时区", "条目数", "经过", "时间", "内容", "操作者", "网格",
			"JSON 版各行的 SHA-256：",
			"持有 JSON 版（GET /v1/workOrders/{id}/timeline:export）者可核对：jq -r '.entries[].line' copy.json | sha256sum。各语言版本的摘要相同。",
		},
		values: map[string]string{
			"NEW": "待派单", "ASSIGNED": "已派单", "ACCEPTED": "已接单", "EN_ROUTE": "已出发", "ON_SITE": "已到达", "WORKING": "处理中", "PAUSED": "暂停",
			"COMPLETED": "已完成", "VERIFIED": "已验收", "MERGED": "已合并", "CANCELED": "已取消",
			"APP": "应用", "WECHAT": "微信", "FRONT_DESK": "前台", "PHONE": "电话", "IOT": "设备",
		},
	}
}

// sentencesChinese are sentences in Chinese.
var sentencesChinese = map[engine.EventType]string{
	engine.OrderCreated:     "已报修。",
	engine.OrderUpdated:     "已修改。",
	engine.OrderAssigned:    "已派给{who}，预计 {at} 到达。",
	engine.OrderUnassigned:  "目前无人可派。",
	engine.OrderRescheduled: "{who}预计到达时间改为 {at}。",
	engine.OrderAccepted:    "{who}已接单。",
	engine.OrderDeclined:    "{who}拒单。",
	engine.OfferExpired:     "{who}未在时限内答复。",
	engine.OrderDeparted:    "{who}已出发。",
	engine.OrderArrived:     "{who}已到达。",
	engine.OrderStarted:     "{who}开始处理。",
	engine.OrderPaused:      "已暂停。",
	engine.OrderResumed:     "已恢复。",
	engine.OrderCompleted:   "{who}已完成。",
	engine.OrderRated:       "评分 {rating}（满分 5）。",
	engine.OrderVerified:    "已验收。",
	engine.OrderReopened:    "重新打开，需再次上门。",
	engine.OrderCanceled:    "已取消。",
	engine.OrderPinned:      "已由调度员固定。",
	engine.OrderUnpinned:    "已取消固定。",
	engine.OrderEscalated:   "已升级。",
	engine.OrderCalled:      "已致电租客。",
	engine.OrderMerged:      "已并入 {into}。",
	engine.OrderUnmerged:    "已取消合并。",
	engine.ReportLinked:     "再次报修：{report}。",
	engine.ReportUnlinked:   "报修 {report} 属于其他问题。",
	engine.DueBreached:      "未兑现承诺：{clock}。",

	engine.OrderTappedLate: "{who}的操作（{verb}）上传过晚，工单已变化（{why}），仅记录，不改变工单。",
	engine.TapsReviewed:    "迟到的操作已有人查看。",

	engine.OrderSuggested:     "有建议人选。",
	engine.SuggestionRejected: "未采纳建议人选。",
	engine.OrderErased:        "文字内容已删除：应当事人要求被遗忘。",
}

var promisesChinese = map[engine.Clock]string{
	engine.ClockAcknowledge: "按时告知租客负责人",
	engine.ClockAccept:      "按时接单", engine.ClockOnSite: "按时到达", engine.ClockResolve: "按时完成",
}

// PrintTimeline implements the method of the same name.
func (s *workOrders) PrintTimeline(ctx context.Context, r *dispatchv1.PrintTimelineRequest) (*httpbody.HttpBody, error) {
	l := english()
	if strings.HasPrefix(r.GetLanguage(), "zh") {
		l = chinese()
	}
	export, err := s.export(ctx, dispatch.WorkOrderID(r.GetId()), l)
	if err != nil {
		return nil, err
	}
	data, err := s.paper(export, l).Bytes()
	if err != nil {
		return nil, fmt.Errorf("print the timeline of %s: %w", r.GetId(), err)
	}
	return &httpbody.HttpBody{ContentType: pdf.ContentType, Data: data}, nil
}

// paper lays an export out.
func (s *Server) paper(e *dispatchv1.TimelineExport, l *language) *pdf.Document {
	made := e.GetMadeTime().AsTime()
	entries := pdf.Table{Columns: []pdf.Column{
		{Name: "#", Share: 11},
		{Name: l.labels[labelTime], Share: 32},
		{Name: l.labels[labelWhat], Share: 66},
		{Name: l.labels[labelState], Share: 24},
		{Name: l.labels[labelBy], Share: 24},
		{Name: l.labels[labelCell], Share: 29},
	}}
	for _, x := range e.GetEntries() {
		entries.Rows = append(entries.Rows, []string{
			strconv.FormatInt(int64(x.GetEntry().GetSequence()), 10), x.GetLocalTime(), x.GetEntry().GetText(), l.value(x.GetEntry().GetState().String()),
			x.GetEntry().GetActor(), x.GetCell(),
		})
	}
	heading := l.labels[labelTitle] + e.GetWorkOrderId()
	return &pdf.Document{
		Title: heading, Language: l.code, Time: made, Footer: heading + " · " + e.GetSha256()[:16],
		Blocks: []pdf.Block{
			pdf.Facts{
				{Name: l.labels[labelOrder], Value: e.GetWorkOrderId()},
				{Name: l.labels[labelState], Value: l.value(e.GetState().String())},
				{Name: l.labels[labelChannel], Value: l.value(e.GetChannel().String())},
				{Name: l.labels[labelMade], Value: made.In(s.cfg.Zone).Format("2006-01-02 15:04:05 -07:00")},
				{Name: l.labels[labelMaker], Value: e.GetMadeBy()},
				{Name: l.labels[labelZone], Value: e.GetTimeZone()},
				{Name: l.labels[labelCount], Value: strconv.Itoa(len(e.GetEntries()))},
			},
			pdf.Heading(l.labels[labelEntries]), entries, pdf.Small(l.labels[labelDigest] + e.GetSha256()), pdf.Small(l.labels[labelCompare]),
		},
	}
}

// value is the word for a state or a channel.
func (l *language) value(name string) string {
	if v := l.values[name]; v != "" {
		return v
	}
	return name
}
