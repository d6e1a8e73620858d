package archtest

// secretRows are what keeps personal data from those whom it does not concern.
func secretRows() []Row {
	return []Row{
		{
			Package: "org/private",
			Why:     "telephone and identity numbers that cannot be shown in clear: a leaf that every domain package may use",
		},
		{
			Package: "internal/secret", Own: []string{"org", "storage/whole"},
			Outside: []string{"github.com/tink-crypto/tink-go/v2"},
			Why:     "keys of orgs, encryption of what is kept, blind indexes: the only importer of tink; knows orgs, no store",
		},
		{
			Package: "api/gen/fettle/keys/v1", Own: []string{"api/gen/fettle/policy/v1"},
			Outside: []string{
				"google.golang.org/protobuf", "google.golang.org/grpc", "google.golang.org/genproto/googleapis/api",
				"github.com/grpc-ecosystem/grpc-gateway/v2", "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go",
			},
			Why: "generated: messages, gRPC service and REST paths of the keys",
		},
		{
			Package: "internal/fair", Own: []string{"org"},
			Why: "what an org may take of what all need: counts, and knows no transport",
		},
		{
			Package: "internal/trace", Outside: []string{"go.opentelemetry.io/otel"}, Std: []string{"net/url"},
			Why: "spans to a collector: the only importer of OpenTelemetry, told by others",
		},
		{
			Package: "internal/keyserver", Own: []string{"api/gen/fettle/keys/v1", "internal/secret", "org"},
			Outside: []string{"google.golang.org/grpc", "github.com/grpc-ecosystem/grpc-gateway/v2"},
			Why:     "the methods that show and rotate keys",
		},
	}
}
