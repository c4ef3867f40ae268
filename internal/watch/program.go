// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// framesASecond bounds how often the screen is drawn.
const framesASecond = 30

// runScreen draws on the terminal. It is as it was before when this returns,
// whatever ends it.
func runScreen(ctx context.Context, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var p *tea.Program
	r := newRunner(ctx, o, func(what any) { p.Send(what) })
	m, err := newModel(o, r.ask)
	if err != nil {
		return err
	}
	p = tea.NewProgram(onTerminal{m},
		tea.WithContext(ctx), tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithEnvironment(o.Environ), tea.WithoutSignalHandler(), tea.WithFPS(framesASecond))
	r.ask(m.asked)
	r.judge()
	_, err = p.Run()
	cancel()
	r.all.Wait()
	if errors.Is(err, tea.ErrProgramKilled) && errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, m.stopped)
}

// onTerminal is the model as the library wants it.
type onTerminal struct{ *model }

// Init begins with nothing.
func (onTerminal) Init() tea.Cmd { return nil }

// Update tells the model what has happened.
func (t onTerminal) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		t.width, t.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		t.press(msg.String(), msg.Text)
	case tea.PasteMsg:
		if t.prompt != nil {
			t.press("", msg.Content)
		}
	case tea.MouseClickMsg:
		t.click(msg.X, msg.Y)
	case tea.MouseWheelMsg:
		t.wheel(msg.Button == tea.MouseWheelUp)
	default:
		t.heard(msg)
	}
	switch {
	case t.quit || t.stopped != nil:
		return t, tea.Quit
	case t.suspend:
		t.suspend = false
		return t, tea.Suspend
	default:
		return t, nil
	}
}

// View is the frame.
func (t onTerminal) View() tea.View {
	v := tea.NewView(strings.Join(t.frame(), "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "tcpvitals watch"
	return v
}

// wheel moves three rows.
func (m *model) wheel(up bool) {
	key := "down"
	if up {
		key = "up"
	}
	if m.prompt != nil || m.asDiagram() && m.page == nil {
		return
	}
	for range 3 {
		m.press(key, "")
	}
}
