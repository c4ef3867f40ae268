// SPDX-License-Identifier: Apache-2.0

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A board is a machine type of QEMU. The first serial port is the kernel's console;
// the second one is ours, so that the kernel's messages do not mix with the output of
// tests.
//
// The machine is emulated without KVM, because a /dev/kvm may run only some kernels
// (PVM). The type is "pc": "microvm" has no timer by which Linux 6.1 can reliably
// measure its clock. "virt" has one serial port; the second one is a PCI device.
//
// On a PC the kernel measures the processor's clock against another one while it boots.
// If this machine is busy then, the result is wrong, and the guest's time may run many
// times too fast, so that tests exceed their limits at once. The HPET says its own rate.
type board struct {
	emulator, debian string // the program, and the Debian package that contains it
	machine, cpu     string
	cmdline          string
	ours             []string
	port             string // device name of our port in the guest
}

func boardOf(arch string) board {
	if arch == "arm64" {
		return board{
			emulator: "qemu-system-aarch64", debian: "qemu-system-arm", machine: "virt", cpu: "max,pauth-impdef=on",
			cmdline: "console=ttyAMA0 panic=-1", ours: []string{"-chardev", "stdio,id=ours", "-device", "pci-serial,chardev=ours"}, port: "/dev/ttyS0",
		}
	}
	return board{
		emulator: "qemu-system-x86_64", debian: "qemu-system-x86", machine: "pc", cpu: "max",
		cmdline: "console=ttyS0 panic=-1 reboot=t clocksource=hpet tsc=reliable no_timer_check", ours: []string{"-serial", "stdio"}, port: "/dev/ttyS1",
	}
}

// qemu is the command that boots a kernel.
func (o options) qemu(ctx context.Context, k kernel, b boot, initramfs, console string) *exec.Cmd {
	on := boardOf(k.machine.arch)
	cmd := exec.CommandContext(ctx, on.emulator, append([]string{
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-nic", "none",
		"-machine", on.machine, "-accel", "tcg", "-cpu", on.cpu, "-smp", "2", "-m", o.memory,
		"-kernel", k.image(), "-initrd", initramfs, "-append", strings.TrimSpace(on.cmdline + " " + b.cmdline),
		"-serial", "file:" + console,
	}, on.ours...)...)
	cmd.Stderr = o.news
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// boot runs the guest and passes on its output. The error is about the guest; failed
// tests are in the events.
func (o options) boot(ctx context.Context, k kernel, b boot, initramfs string, steps []step) error {
	on := boardOf(k.machine.arch)
	if _, err := exec.LookPath(on.emulator); err != nil {
		return fmt.Errorf("%w (on Debian: apt-get install --no-install-recommends %s xz-utils)", err, on.debian)
	}
	console, err := os.CreateTemp("", "console")
	if err != nil {
		return err
	}
	_ = console.Close()
	defer func() { _ = os.Remove(console.Name()) }()
	begin := time.Now()
	cmd := o.qemu(ctx, k, b, initramfs, console.Name())
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	heard := &transcript{o: o, steps: steps, begin: begin, title: k.release + " " + b.name}
	hearErr := heard.listen(ctx, out)
	waitErr := cmd.Wait()
	o.say("%s: guest ended after %.1f s", heard.title, time.Since(begin).Seconds())
	if o.verbose || !heard.finished {
		o.showConsole(console.Name())
	}
	switch {
	case hearErr != nil:
		return hearErr
	case ctx.Err() != nil:
		return fmt.Errorf("the guest did not end within %v", k.machine.limit(o.timeout))
	case !heard.finished:
		return errors.Join(errors.New("the guest ended too early; its last messages are above"), waitErr)
	default:
		return waitErr
	}
}

// showConsole prints the kernel's messages: all of them, or the last ones.
func (o options) showConsole(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		o.say("console: %v", err)
		return
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	if !o.verbose && len(lines) > 40 {
		lines = lines[len(lines)-40:]
	}
	o.say("%s", bytes.Join(lines, []byte("\n")))
}

// mark begins each message of /init on the serial port. Other lines are output of the
// running step.
const mark = '\x1e'

// A transcript follows the output of a guest.
type transcript struct {
	o        options
	title    string
	begin    time.Time
	steps    []step
	current  *eventWriter
	next     int // the step that begins next
	finished bool
}

// listen reads until the guest ends. It reports steps that did not end, or did not
// begin, as failed.
func (t *transcript) listen(ctx context.Context, from io.Reader) error {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadString('\n')
		if hearErr := t.hear(ctx, line); hearErr != nil {
			return hearErr
		}
		if err != nil {
			return t.cutShort(ctx)
		}
	}
}

func (t *transcript) hear(ctx context.Context, line string) error {
	output, message, marked := strings.Cut(line, string(mark))
	if t.current != nil && output != "" {
		if _, err := t.current.Write([]byte(output)); err != nil {
			return fmt.Errorf("pass output on: %w", err)
		}
	}
	if !marked {
		return nil
	}
	verb, rest, _ := strings.Cut(strings.TrimSpace(message), " ")
	switch verb {
	case "begin":
		return t.start(ctx)
	case "end":
		code := -1
		_, _ = fmt.Sscan(rest, &code) // an unreadable code stays -1, which is a failure too
		return t.end(code, "")
	case "done":
		t.finished = true
	default:
		t.o.say("%s: %.1f s: %s", t.title, time.Since(t.begin).Seconds(), strings.TrimSpace(message))
	}
	return nil
}

func (t *transcript) start(ctx context.Context) (err error) {
	t.current, err = newEvents(ctx, t.o.events, t.steps[t.next].Name)
	t.next++
	return err
}

func (t *transcript) end(code int, instead string) error {
	if t.current == nil {
		return nil
	}
	err := t.current.end(code, instead)
	t.current = nil
	return err
}

// cutShort reports the steps that the guest did not end.
func (t *transcript) cutShort(ctx context.Context) error {
	err := t.end(-1, "the guest ended during this test")
	for err == nil && t.next < len(t.steps) {
		if err = t.start(ctx); err == nil {
			err = t.end(-1, "the guest ended before this test")
		}
	}
	return err
}
