// SPDX-License-Identifier: Apache-2.0

package metrics

import "github.com/tcpvitals/tcpvitals/internal/knowledge"

// MostReceivers is how many stores the history can be sent to: each reads it by itself.
const MostReceivers = 8

// Reasons why samples do not reach a receiver, as in the label "reason".
const (
	dropRefused   = "refused"
	dropRetention = "retention"
)

func remoteMetrics() []Metric {
	each := func(name string, kind Kind, unit, help knowledge.Text, value func(*Receiver) float64) Metric {
		return Metric{
			Name: name, Kind: kind, Unit: unit, Labels: []string{"receiver"}, Cost: Free, Most: fixed(MostReceivers), Help: help,
			read: func(s *Sample, put put) {
				for i := range s.Receivers {
					put(value(&s.Receivers[i]), s.Receivers[i].Name)
				}
			},
		}
	}
	return []Metric{
		each("tcpvitals_remote_write_sent_samples_total", Counter, count(), knowledge.Text{
			En: "Samples of the history that a receiver of remote write has taken, since the agent began.",
			Zh: "agent 启动以来 remote write 接收端已收下的历史样本数。",
		}, func(r *Receiver) float64 { return float64(r.Sent) }),
		each("tcpvitals_remote_write_repeated_samples_total", Counter, count(), knowledge.Text{
			En: "Samples that were sent again after an answer was missed, and that the receiver said to have already.",
			Zh: "因未收到应答而重发、接收端表示已有的样本数。",
		}, func(r *Receiver) float64 { return float64(r.Repeated) }),
		each("tcpvitals_remote_write_failed_requests_total", Counter, count(), knowledge.Text{
			En: "Requests to a receiver that have to be repeated: no answer, or one that says later. Nothing is lost by them.",
			Zh: "发往接收端而须重发的请求数：没有应答，或应答要求稍后再试。不会因此丢失样本。",
		}, func(r *Receiver) float64 { return float64(r.Failed) }),
		{
			Name: "tcpvitals_remote_write_dropped_samples_total", Kind: Counter, Unit: count(), Labels: []string{"receiver", "reason"}, Cost: Free, Most: fixed(2 * MostReceivers),
			Help: knowledge.Text{
				En: "Samples that a receiver will not have: refused, by its answer, or retention, removed from the history before they were sent.",
				Zh: "接收端不会得到的样本数：refused 为应答拒收，retention 为发送之前已超过历史的保存期限。",
			},
			read: func(s *Sample, put put) {
				for i := range s.Receivers {
					put(float64(s.Receivers[i].Refused), s.Receivers[i].Name, dropRefused)
					put(float64(s.Receivers[i].Forgotten), s.Receivers[i].Name, dropRetention)
				}
			},
		},
		each("tcpvitals_remote_write_behind_seconds", Gauge, seconds(), knowledge.Text{
			En: "How much time of the history a receiver lacks: a few seconds where it is up to date.",
			Zh: "接收端落后历史多长时间：跟得上时为几秒。",
		}, func(r *Receiver) float64 { return r.Behind.Seconds() }),
	}
}
