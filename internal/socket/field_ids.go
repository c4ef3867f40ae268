// SPDX-License-Identifier: Apache-2.0

package socket

// FieldID names a field of the table; its number is its place in the table and
// may change between versions: keep names, not numbers.
type FieldID uint8

// The fields, in the order of the table. What each one means stands in its Doc.
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
