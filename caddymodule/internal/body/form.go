package body

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/refusal"
	"github.com/bot-bottle/cred-proxy/caddymodule/internal/target"
)

// Sizes up to which a form is read, in bytes. A form has to be seen whole
// before any of it is forwarded.
const (
	maxForm      = 1 << 20
	maxMultipart = 16 << 20
)

var errForm = errors.New("unreadable form")

// FormField returns the first of names, in lower case, that the request's
// body has as a field, or "" if there is none or the body is not a form, and
// leaves the body to be read again.
func FormField(r *http.Request, names []string) (found string, ref *refusal.Refusal) {
	if r.Body == nil || r.Body == http.NoBody || !mayBeForm(r) {
		return "", nil
	}
	var mediaType string
	var params map[string]string
	if !untyped(r) {
		if mediaType, params, ref = ContentType(r); ref != nil {
			return "", ref
		}
	}
	limit, find := maxForm, func(content []byte) (string, error) { return field(content, names), nil }
	if strings.HasPrefix(mediaType, "multipart/") {
		limit, find = maxMultipart, func(content []byte) (string, error) { return part(content, params["boundary"], names) }
	}
	content, again, ref := Read(r, limit)
	if ref != nil {
		return "", ref
	}
	r.Body = again
	found, err := find(content)
	if err != nil {
		return "", Refuse("send a well-formed form", "malformed form")
	}
	return found, nil
}

// mayBeForm errs on the side of yes: an upstream may be more lenient about a
// malformed content type than we are.
func mayBeForm(r *http.Request) bool {
	if r.Method == http.MethodPost && untyped(r) {
		return true
	}
	for _, value := range r.Header["Content-Type"] {
		value = strings.ToLower(value)
		if strings.Contains(value, "form-urlencoded") || strings.Contains(value, "multipart/") {
			return true
		}
	}
	return false
}

// untyped: a POST without a content type is a form to Rack.
func untyped(r *http.Request) bool {
	return strings.TrimSpace(strings.Join(r.Header["Content-Type"], "")) == ""
}

func field(content []byte, names []string) string {
	for name := range target.Parameters(string(content)) {
		if found := named(name, names); found != "" {
			return found
		}
	}
	return ""
}

// named returns the one of names for which an encoded name may be taken.
func named(encoded string, names []string) string {
	for _, name := range names {
		if target.Named(encoded, name) {
			return name
		}
	}
	return ""
}

// part looks through multipart/form-data (RFC 7578).
func part(content []byte, boundary string, names []string) (string, error) {
	if boundary == "" {
		return "", errForm
	}
	// PHP looks for parts behind the end as well.
	end, trimmed := []byte("--"+boundary+"--"), bytes.TrimRight(content, "\r\n")
	if i := bytes.Index(trimmed, end); i < 0 || i+len(end) != len(trimmed) {
		return "", errForm
	}
	if !shortHeaders(content, []byte("--"+boundary)) {
		return "", errForm
	}
	// For Rack before 3 a boundary need not begin a line.
	borders := bytes.Count(content, []byte("--"+boundary))
	reader := multipart.NewReader(bytes.NewReader(content), boundary)
	for parts := 0; ; parts++ {
		p, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			if borders != parts+1 {
				return "", errForm
			}
			return "", nil
		}
		if err != nil {
			return "", errForm
		}
		dispositions := p.Header["Content-Disposition"]
		if len(dispositions) != 1 {
			return "", errForm
		}
		name, err := partName(dispositions[0])
		if err != nil {
			return "", err
		}
		if found := named(name, names); found != "" {
			return found, nil
		}
	}
}

// maxPartHeader bounds the header of a part, in bytes; people's have some
// hundred. Go allows 10 MiB, and takes six times that to read it.
const maxPartHeader = 8 << 10

// shortHeaders reports whether wherever a part may begin a header ends soon.
func shortHeaders(content, delimiter []byte) bool {
	for {
		_, part, found := bytes.Cut(content, delimiter)
		if !found {
			return true
		}
		header := part[:min(len(part), maxPartHeader)]
		if !bytes.HasPrefix(part, []byte("--")) && !bytes.Contains(header, []byte("\n\r\n")) && !bytes.Contains(header, []byte("\n\n")) {
			return false
		}
		content = part
	}
}

// nameParameter finds what some parser takes for the start of a parameter
// called name: in quotes too, where they do not agree on escapes.
var nameParameter = regexp.MustCompile(`(?i)(^|[^a-z])name[\s*0-9]*=`)

// partName returns the name in a Content-Disposition. For Go "name*" (RFC 2231)
// counts more than "name", which is all that Rack and PHP know. PHP knows single
// quotes, too.
func partName(disposition string) (string, error) {
	_, params, err := mime.ParseMediaType(disposition)
	name := params["name"]
	if err != nil || len(nameParameter.FindAllString(disposition, 2)) > 1 || strings.ContainsAny(name, `"\`) || strings.HasPrefix(name, "'") {
		return "", errForm
	}
	return name, nil
}
