package main

import (
	"fmt"
	"os"

	"github.com/bot-bottle/cred-proxy/launcher/bottle"
)

// loadTemplate lets --template replace the bottle's own.
func (a *app) loadTemplate(b *bottle.Bottle) error {
	if a.opts.Template == "" {
		return nil
	}
	text, err := os.ReadFile(a.opts.Template)
	if err != nil {
		return usageError(fmt.Errorf("reading template: %w", err), "")
	}
	b.Template, b.TemplateText = a.opts.Template, string(text)
	return nil
}
