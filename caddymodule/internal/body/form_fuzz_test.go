package body

import (
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bot-bottle/cred-proxy/caddymodule/internal/naive"
)

// FuzzForm fails when a form passes in which some server finds a field that
// is looked for, or that is not forwarded as it came.
func FuzzForm(f *testing.F) {
	const urlencoded = "application/x-www-form-urlencoded"
	for _, seed := range []string{
		"a=1&_method=PUT", "%5fmethod=PUT", ".method=PUT", "_method[]=x", "[_method]=x", "a;_method=x", "%u005fmethod=x", "a=%zz&_method=PUT", "_METHOD=x", "access_token=1", "access.token=1", "%00", "+_method=x", "a=_method", "",
	} {
		f.Add(urlencoded, seed)
	}
	f.Add("", "_method=PUT")
	f.Add(urlencoded+"; charset=utf-7", "+AF8-method=x")
	f.Add("Application/X-WWW-Form-Urlencoded;", "_method=x")
	f.Add("text/plain", "_method=x")
	for _, seed := range []string{
		"--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--b--\r\n", "--b\r\nContent-Disposition: form-data; name=a; filename=\"x\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=_method\r\n\r\nPUT\r\n--b--",
		"x--b\r\nContent-Disposition: form-data; name=\"a\"; name=\"_method\"\r\n\r\n1\r\n--b--\r\n", "--b\nContent-Disposition: form-data; name=\"_method\"\n\nPUT\n--b--\n", "--b\r\ncontent-disposition:form-data;name*=utf-8''%5fmethod\r\n\r\nPUT\r\n--b--",
		"--b\r\nContent-Disposition: form-data; filename=\"a; name=_method\"; name=\"b\"\r\n\r\n1\r\n--b--", "--b\r\nContent-Disposition: form-data; name=\"_met\\hod\"\r\n\r\n1\r\n--b--", "--b--\r\n--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\n1\r\n--b--",
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\n1\r\n--b--", "--b\r\nContent-Disposition: form-data;\r\n name=\"_method\"\r\n\r\n1\r\n--b--", "--b\r\nContent-Disposition: form-data; NAME='_method'\r\n\r\n1\r\n--b--",
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--b--",
		"--b  \r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\n1\r\n--b--",
	} {
		f.Add("multipart/form-data; boundary=b", seed)
		f.Add(`multipart/form-data; boundary="b"; boundary*=utf-8''c`, seed)
	}
	names := []string{"_method", "access_token"}
	f.Fuzz(func(t *testing.T, contentType, content string) {
		header := http.Header{}
		if contentType != "" {
			header.Set("Content-Type", contentType)
		}
		r := &http.Request{Method: http.MethodPost, Header: header, Body: io.NopCloser(strings.NewReader(content))}
		found, ref := FormField(r, names)
		if found != "" || ref != nil {
			return
		}
		if forwarded, err := io.ReadAll(r.Body); err != nil || string(forwarded) != content {
			t.Fatalf("%q is forwarded as %q, %v", content, forwarded, err)
		}
		lower := strings.ToLower(contentType)
		if strings.TrimSpace(contentType) == "" || strings.HasPrefix(strings.TrimSpace(lower), "application/x-www-form-urlencoded") {
			for server, parse := range naive.Queries {
				for _, pair := range parse(content) {
					if isOneOf(pair.Name, names) {
						t.Errorf("the form %q passes, and %s parser finds %q", content, server, pair.Name)
					}
				}
			}
		}
		if strings.HasPrefix(strings.TrimSpace(lower), "multipart/form-data") {
			for _, name := range append(partNames(contentType, content), goPartNames(contentType, content)...) {
				if isOneOf(name, names) {
					t.Errorf("the form %q of type %q passes, and a server finds %q", content, contentType, name)
				}
			}
		}
	})
}

func isOneOf(name string, names []string) bool {
	return slices.ContainsFunc(names, func(want string) bool { return strings.EqualFold(strings.TrimSpace(name), want) })
}

var (
	boundary    = regexp.MustCompile(`(?i)boundary\*?=(?:[a-z0-9-]*'[a-z]*')?"?([^";,\s]+)`)
	disposition = regexp.MustCompile(`(?im)^content-disposition\s*:((?:[^\r\n]|\r?\n[ \t])*)`)
	nameOf      = regexp.MustCompile(`(?i)(?:^|[;\s])name\*?=(?:[a-z0-9-]*'[a-z]*')?(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^;\s]*))`)
)

// partNames reads a multipart form as servers do that look for what they know
// and skip the rest: with any of the boundaries, line ends and quotes.
func partNames(contentType, content string) (names []string) {
	for _, given := range boundary.FindAllStringSubmatch(contentType, -1) {
		for _, part := range strings.Split(content, "--"+given[1])[1:] {
			head, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimLeft(part, " \t\r\n"), "\r\n", "\n"), "\n\n")
			for _, line := range disposition.FindAllStringSubmatch(head, -1) {
				for _, name := range nameOf.FindAllStringSubmatch(line[1], -1) {
					name := name[1] + name[2] + name[3]
					names = append(names, name, naive.Unescape(name), strings.ReplaceAll(name, `\`, ""))
				}
			}
		}
	}
	return names
}

func goPartNames(contentType, content string) (names []string) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	reader := multipart.NewReader(strings.NewReader(content), params["boundary"])
	for {
		part, err := reader.NextPart()
		if err != nil {
			return names
		}
		names = append(names, part.FormName())
	}
}
