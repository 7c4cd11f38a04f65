// Package webhook reads what content systems send when somebody publishes: it
// tells whether a delivery is genuine and new, and what it asks to revalidate.
//
//	hook, err := webhook.New(webhook.Settings{
//		Scheme: "github",
//		Secret: secret,
//		Tags:   []string{"post:{entry.id}"},
//	}, time.Now)
//
//	signature, ok := hook.Verify(delivery)  // else 401
//	err = hook.Claim(signature)             // ErrReplayed, ErrLate: 409
//	names, err := hook.Names(delivery.Body) // ErrBody: 400; *FieldError: 422
//	// names.Tags is ["post:42"] for {"entry":{"id":42}}
//
// A delivery that led to nothing is given up by Release, so that its sender's
// next attempt is not taken for a replay.
//
// The package opens no listener, revalidates nothing and never logs: what to do
// with the names is its caller's business. Bodies are from strangers until Verify
// said otherwise, and nothing but their digest is computed before that.
package webhook
