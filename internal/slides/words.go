package slides

import (
	"fmt"
	"strconv"
	"strings"
)

// words is a text in both languages.
type words struct{ english, chinese string }

// tongue is the language of a deck.
type tongue struct{ chinese bool }

// tongueOf reads BCP 47: Chinese for zh and what begins with it, else English.
func tongueOf(language string) tongue {
	return tongue{strings.HasPrefix(strings.ToLower(language), "zh")}
}

func (t tongue) code() string { return t.of(words{"en", "zh-CN"}) }

func (t tongue) of(w words) string {
	if t.chinese {
		return w.chinese
	}
	return w.english
}

// say puts values into a text.
func (t tongue) say(w words, values ...any) string { return fmt.Sprintf(t.of(w), values...) }

// name is a value of the API for people; itself where it has no word.
func (t tongue) name(value string) string {
	if w, ok := values[value]; ok {
		return t.of(w)
	}
	return value
}

// whole writes a whole number in groups of three digits.
func whole(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// yuan writes fen as whole yuan.
func yuan(fen int64) string { return "¥" + whole((fen+50)/100) }

// percent writes a share.
func percent(share float64) string { return strconv.FormatFloat(share*100, 'f', 1, 64) + " %" }

// values are the words of states and kinds.
var values = map[string]words{
	"DRAFT": {"draft", "草稿"}, "SIGNING": {"being signed", "签约中"}, "ACTIVE": {"active", "生效中"}, "EXPIRING": {"ends within 60 days", "60 天内到期"},
	"RENEWED": {"renewed", "已续租"}, "EXPIRED": {"ended", "已到期"}, "TERMINATED": {"ended before its time", "提前解约"},
	"SCHEDULED": {"reminders are planned", "提醒已排期"}, "APPROVED_OPEN_ENDED": {"open-ended, approved", "已批准的无固定期限"}, "EXCEPTION": {"exception: nobody will be reminded", "例外：无人会收到提醒"},
	"NEW": {"new", "待派单"}, "ASSIGNED": {"assigned", "已派单"}, "ACCEPTED": {"accepted", "已接单"}, "EN_ROUTE": {"on the way", "已出发"}, "ON_SITE": {"at the door", "已到达"},
	"WORKING": {"at work", "处理中"}, "PAUSED": {"paused", "暂停"}, "COMPLETED": {"completed", "已完成"}, "VERIFIED": {"verified", "已验收"}, "MERGED": {"merged", "已合并"}, "CANCELED": {"canceled", "已取消"},
	"EMERGENCY": {"emergency", "紧急"}, "URGENT": {"urgent", "加急"}, "NORMAL": {"normal", "普通"}, "LOW": {"can wait", "不急"},
	"APP": {"app", "应用"}, "WECHAT": {"WeChat", "微信"}, "FRONT_DESK": {"front desk", "前台"}, "PHONE": {"telephone", "电话"}, "IOT": {"device", "设备"},
	"": {"none", "无"}, "later": {"later", "更晚"}, "earlier": {"earlier", "更早"},

	"REPORTED": {"Orders reported", "报修数"}, "MINUTES_TO_ACCEPT": {"From the report to a technician who comes", "接单用时"}, "MINUTES_TO_ON_SITE": {"From the report to the door", "到场用时"},
	"MINUTES_TO_RESOLVE": {"From the report to the end of the repair", "解决用时"}, "SLA_ON_SITE": {"At the door in time", "按时上门"}, "FIRST_TIME_FIX": {"Repaired at the first visit", "一次修复"},
	"WINDOW_KEPT": {"Window kept", "守约率"}, "RATING": {"Rating by tenants", "租客评分"},
}

// means are the definitions of indicators in Chinese; those in English come with the figures.
var means = map[string]string{
	"REPORTED": "该时段内报修的工单数。", "MINUTES_TO_ACCEPT": "从报修到师傅同意上门。取消与合并的工单不计。", "MINUTES_TO_ON_SITE": "从报修到师傅首次到场。取消与合并的工单不计。",
	"MINUTES_TO_RESOLVE": "从报修到维修完成；返修的工单计至最后一次完成。", "SLA_ON_SITE": "承诺已兑现或已到期的工单中，按时上门的占比。", "FIRST_TIME_FIX": "完成的工单中一次上门且未返修的占比。",
	"WINDOW_KEPT": "首次上门在最后告知租客的时间窗内开始的占比。", "RATING": "租客评分的平均值，仅计已评价的工单。",
}
