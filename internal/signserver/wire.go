package signserver

import (
	"time"

	signingv1 "fettle/api/gen/fettle/signing/v1"
	"fettle/internal/registry"
	"fettle/internal/wire"
	"fettle/rental/signing"
)

const (
	sec     = time.Second
	maxLink = 30 * 24 * time.Hour
)

// hint is a telephone number with most digits hidden.
func hint(phone string) string {
	const shown, tail = 3, 4
	if len(phone) < shown+tail {
		return ""
	}
	return phone[:shown] + "****" + phone[len(phone)-tail:]
}

func show(item *registry.Item[signing.Envelope], now time.Time) *signingv1.Signature {
	e := &item.Value
	out := &signingv1.Signature{
		Id: item.ID, CreateTime: wire.Timestamp(item.Created), UpdateTime: wire.Timestamp(item.Updated), Etag: wire.Etag(item.Version),
		LeaseId: string(e.Lease), RenewalId: e.Renewal, TenantId: e.Tenant, SignerName: e.Name,
		Check:      signingv1.Signature_Check(signingv1.Signature_Check_value[string(e.Check)]),
		State:      signingv1.Signature_State(signingv1.Signature_State_value[string(e.On(now))]),
		ExpireTime: wire.Timestamp(e.Expires), Title: e.Document.Title, DocumentSha256: e.Document.SHA256(), DocumentBytes: int32(e.Document.File.Bytes),
		AttemptsLeft: int32(max(0, signing.MaxWrong-e.Wrong)), IdentifyTime: wire.Timestamp(e.CheckedAt), WrongAnswer: e.LastWrong,
		Provider: e.Proof.Provider, Demo: e.Proof.Demo, CertificateSubject: e.Proof.Subject, CertificateSha256: e.Proof.Certificate,
		StampTime: wire.Timestamp(e.Proof.StampedAt), Reason: e.Reason,
	}
	if e.State == signing.Signed {
		out.SignTime = wire.Timestamp(e.EndedAt)
	}
	for _, l := range e.Document.Lines {
		out.Lines = append(out.Lines, &signingv1.DocumentLine{Label: l.Label, Text: l.Text})
	}
	return out
}
