// SPDX-License-Identifier: Apache-2.0

package socket

// FieldID is the index of a field in the table. It may change between versions: save
// names, not numbers.
type FieldID uint8

// The fields, in the order of the table. The Doc of each tells its meaning.
const (
	FieldState FieldID = iota
	FieldFamily
	FieldKind
	FieldLocal
	FieldLocalPort
	FieldRemote
	FieldRemotePort
	FieldDirection
	FieldListener
	FieldInode
	FieldCookie
	FieldIfindex
	FieldDevice
	FieldMark
	FieldV6Only
	FieldShutdown
	FieldAutobound
	FieldMPTCP
	FieldRecvQ
	FieldSendQ
	FieldAcceptQ
	FieldBacklog
	FieldDrops
	FieldTimer
	FieldExpires
	FieldRetrans
	FieldUID
	FieldUser
	FieldOwned
	FieldOrphan
	FieldUnaccepted
	FieldNetns
	FieldNetnsInode
	FieldNetnsContainer
	FieldCgroup
	FieldCgroupID
	FieldUnit
	FieldContainer
	FieldPod
	FieldProcess
	FieldPID
	FieldSharers
	FieldCommand
	FieldOwnerOf
	FieldOwnerWhy
	FieldRTT
	FieldRTTVar
	FieldMinRTT
	FieldRTO
	FieldATO
	FieldRecvRTT
	FieldCwnd
	FieldSSThresh
	FieldMSS
	FieldRecvMSS
	FieldAdvMSS
	FieldPMTU
	FieldUnacked
	FieldSacked
	FieldLost
	FieldInFlightRetrans
	FieldTotalRetrans
	FieldBackoffSteps
	FieldProbes
	FieldReordering
	FieldReordSeen
	FieldDSACKDups
	FieldRecvOOO
	FieldLastSend
	FieldLastRecv
	FieldLastAck
	FieldDeliveryRate
	FieldPacingRate
	FieldMaxPacingRate
	FieldAppLimited
	FieldCongestion
	FieldCAState
	FieldBytesSent
	FieldBytesAcked
	FieldBytesReceived
	FieldBytesRetrans
	FieldNotSent
	FieldSegsOut
	FieldSegsIn
	FieldDataSegsOut
	FieldDataSegsIn
	FieldDelivered
	FieldDeliveredCE
	FieldSendWindow
	FieldRecvSpace
	FieldRecvSSThresh
	FieldSendScale
	FieldRecvScale
	FieldBusyTime
	FieldRwndLimited
	FieldSndbufLimited
	FieldMemRecv
	FieldMemRecvLimit
	FieldMemTransmit
	FieldMemSendLimit
	FieldMemForward
	FieldMemSendQueued
	FieldMemOptions
	FieldMemBacklog
	FieldAt
	FieldFromState
	FieldReason
	FieldLasted
	FieldCloser
	FieldReset

	fieldCount = iota
)
