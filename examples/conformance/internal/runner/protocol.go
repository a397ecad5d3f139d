package runner

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Protocol is the version of the protocol between runner and subject.
const Protocol = 1

// helloRequest is the first line that a subject is sent.
func helloRequest() []byte { return fmt.Appendf(nil, "{\"protocol\": %d}\n", Protocol) }

// requestLine is a request as a subject is sent it.
func requestLine(id int, op string, in json.RawMessage) []byte {
	return append(formatValue(struct {
		ID int             `json:"id"`
		Op string          `json:"op"`
		In json.RawMessage `json:"in"`
	}{id, op, in}), '\n')
}

// answerLine is the answer that is wanted, as a subject would write it.
func answerLine(id int, out json.RawMessage) []byte {
	return append(formatValue(struct {
		ID  int             `json:"id"`
		Out json.RawMessage `json:"out"`
	}{id, out}), '\n')
}

// parseHello reads a subject's first line. Keys that are not known are skipped.
func parseHello(line []byte) (Hello, error) {
	v, err := parseValue(line)
	if err != nil {
		return Hello{}, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return Hello{}, errors.New("not an object")
	}
	n, ok := object["protocol"].(json.Number)
	if !ok {
		return Hello{}, errors.New("no number \"protocol\"")
	}
	if !sameNumber(n, json.Number(fmt.Sprint(Protocol))) {
		return Hello{}, fmt.Errorf("it speaks protocol %s, the runner speaks %d", n, Protocol)
	}
	var h Hello
	if h.Name, ok = object["name"].(string); !ok || h.Name == "" {
		return Hello{}, errors.New("no text \"name\"")
	}
	if h.Version, ok = object["version"].(string); !ok {
		return Hello{}, errors.New("no text \"version\"")
	}
	if h.Topics, ok = textList(object["topics"]); !ok {
		return Hello{}, errors.New("no list of texts \"topics\"")
	}
	if differs, given := object["differs"]; given {
		if h.Differs, ok = textList(differs); !ok {
			return Hello{}, errors.New("\"differs\" is not a list of texts")
		}
	}
	return h, nil
}

// textList returns a value as a list of texts.
func textList(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	texts := make([]string, 0, len(list))
	for _, e := range list {
		text, ok := e.(string)
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}

// answer is what a line of a subject says.
type answer struct {
	id  json.Number
	out json.RawMessage
	// failure is the subject's own word that it has no answer; nil when it
	// has one.
	failure *FailureError
}

// parseAnswer reads a subject's answer to a question. Keys that are not known
// are skipped.
func parseAnswer(line []byte) (answer, error) {
	v, err := parseValue(line)
	if err != nil {
		return answer{}, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return answer{}, errors.New("not an object")
	}
	var a answer
	if a.id, ok = object["id"].(json.Number); !ok {
		return answer{}, errors.New("no number \"id\"")
	}
	out, answered := object["out"]
	why, failed := object["failure"]
	if answered == failed {
		return answer{}, errors.New("want one of \"out\" and \"failure\"")
	}
	if answered {
		a.out = formatValue(out)
		return a, nil
	}
	text, ok := why.(string)
	if !ok {
		return answer{}, errors.New("\"failure\" is not a text")
	}
	a.failure = &FailureError{Why: text}
	return a, nil
}
