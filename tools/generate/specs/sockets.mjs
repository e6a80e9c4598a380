/** Flag sets of socket options by level, of the addresses of the rarer families, and of classic BPF. */
const names = (fallback, headers, text, more = {}) => ({
  headers: [headers].flat(),
  names: text.trim().split(/\s+/),
  fallback,
  ...more,
});
const prefix = (fallback, header, start, exclude) => ({
  headers: [header].flat(),
  prefix: start,
  exclude,
  fallback,
});
const fixed = (fallback, extra) => ({ headers: [], names: [], fallback, extra });
/** Names numbered from `first`. */
const numbered = (fallback, first, text) =>
  fixed(fallback, Object.fromEntries(text.split(" ").map((name, i) => [name, first + i])));

const multicast =
  "MCAST_JOIN_GROUP MCAST_BLOCK_SOURCE MCAST_UNBLOCK_SOURCE MCAST_LEAVE_GROUP MCAST_JOIN_SOURCE_GROUP MCAST_LEAVE_SOURCE_GROUP MCAST_MSFILTER";

export default {
  sets: {
    socket_levels: names(
      "SOL_??",
      ["sys/socket.h"],
      `SOL_SOCKET SOL_RAW SOL_DECNET SOL_X25 SOL_PACKET SOL_ATM SOL_AAL SOL_IRDA SOL_NETBEUI SOL_LLC SOL_DCCP
       SOL_NETLINK SOL_TIPC SOL_RXRPC SOL_PPPOL2TP SOL_BLUETOOTH SOL_PNPIPE SOL_RDS SOL_IUCV SOL_CAIF SOL_ALG SOL_NFC
       SOL_KCM SOL_TLS SOL_XDP SOL_MPTCP AF_VSOCK`,
      {
        // include/linux/socket.h, which is the kernel's own
        extra: {
          SOL_IP: 0,
          SOL_TCP: 6,
          SOL_UDP: 17,
          SOL_IPV6: 41,
          SOL_ICMPV6: 58,
          SOL_CAN_BASE: 100,
          SOL_CAN_RAW: 101,
          SOL_SCTP: 132,
          SOL_UDPLITE: 136,
          SOL_IPX: 256,
          SOL_AX25: 257,
          SOL_ATALK: 258,
          SOL_NETROM: 259,
          SOL_ROSE: 260,
        },
      },
    ),
    sock_alg_options: prefix("ALG_???", "linux/if_alg.h", "ALG_SET_"),
    sock_ax25_options: fixed("AX25_???", {
      AX25_WINDOW: 1,
      AX25_T1: 2,
      AX25_N2: 3,
      AX25_T3: 4,
      AX25_T2: 5,
      AX25_BACKOFF: 6,
      AX25_EXTSEQ: 7,
      AX25_PIDINCL: 8,
      AX25_IDLE: 9,
      AX25_PACLEN: 10,
      AX25_IAMDIGI: 12,
      SO_BINDTODEVICE: 25,
    }),
    sock_bluetooth_options: fixed("BT_???", {
      BT_SECURITY: 4,
      BT_DEFER_SETUP: 7,
      BT_FLUSHABLE: 8,
      BT_POWER: 9,
      BT_CHANNEL_POLICY: 10,
      BT_VOICE: 11,
      BT_SNDMTU: 12,
      BT_RCVMTU: 13,
    }),
    sock_caif_options: fixed("CAIFSO_???", {
      CAIFSO_LINK_SELECT: 127,
      CAIFSO_REQ_PARAM: 128,
      CAIFSO_RSP_PARAM: 129,
    }),
    sock_can_raw_options: numbered(
      "CAN_RAW_???",
      1,
      "CAN_RAW_FILTER CAN_RAW_ERR_FILTER CAN_RAW_LOOPBACK CAN_RAW_RECV_OWN_MSGS CAN_RAW_FD_FRAMES CAN_RAW_JOIN_FILTERS",
    ),
    sock_dccp_options: prefix("DCCP_SOCKOPT_???", "linux/dccp.h", "DCCP_SOCKOPT_"),
    sock_ip_options: names(
      "IP_???",
      "linux/in.h",
      `IP_TOS IP_TTL IP_HDRINCL IP_OPTIONS IP_ROUTER_ALERT IP_RECVOPTS IP_RETOPTS IP_PKTINFO IP_PKTOPTIONS
       IP_MTU_DISCOVER IP_RECVERR IP_RECVTTL IP_RECVTOS IP_MTU IP_FREEBIND IP_IPSEC_POLICY IP_XFRM_POLICY IP_PASSSEC
       IP_TRANSPARENT IP_ORIGDSTADDR IP_MINTTL IP_NODEFRAG IP_CHECKSUM IP_BIND_ADDRESS_NO_PORT IP_RECVFRAGSIZE
       IP_RECVERR_RFC4884 IP_MULTICAST_IF IP_MULTICAST_TTL IP_MULTICAST_LOOP IP_ADD_MEMBERSHIP IP_DROP_MEMBERSHIP
       IP_UNBLOCK_SOURCE IP_BLOCK_SOURCE IP_ADD_SOURCE_MEMBERSHIP IP_DROP_SOURCE_MEMBERSHIP IP_MSFILTER ${multicast}
       IP_MULTICAST_ALL IP_UNICAST_IF`,
    ),
    sock_ip_get_options: names(
      "IP_???",
      ["linux/in.h", "linux/netfilter_ipv4/ip_tables.h", "linux/ip_vs.h"],
      "IPT_SO_GET_INFO IPT_SO_GET_ENTRIES IPT_SO_GET_REVISION_MATCH IPT_SO_GET_REVISION_TARGET",
      {
        extra: {
          // linux/netfilter_arp/arp_tables.h, linux/netfilter_bridge/ebtables.h, linux/ip_vs.h
          ARPT_SO_GET_INFO: 96,
          ARPT_SO_GET_ENTRIES: 97,
          ARPT_SO_GET_REVISION_TARGET: 99,
          EBT_SO_GET_INFO: 128,
          EBT_SO_GET_ENTRIES: 129,
          EBT_SO_GET_INIT_INFO: 130,
          EBT_SO_GET_INIT_ENTRIES: 131,
          IP_VS_SO_GET_VERSION: 1152,
          IP_VS_SO_GET_INFO: 1153,
          IP_VS_SO_GET_SERVICES: 1154,
          IP_VS_SO_GET_SERVICE: 1155,
          IP_VS_SO_GET_DESTS: 1156,
          IP_VS_SO_GET_DEST: 1157,
          IP_VS_SO_GET_TIMEOUT: 1158,
          IP_VS_SO_GET_DAEMON: 1159,
        },
        extraFirst: true,
      },
    ),
    sock_ip_set_options: fixed("IP_???", {
      ARPT_SO_SET_REPLACE: 96,
      ARPT_SO_SET_ADD_COUNTERS: 97,
      EBT_SO_SET_ENTRIES: 128,
      EBT_SO_SET_COUNTERS: 129,
      IP_VS_SO_SET_NONE: 1152,
      IP_VS_SO_SET_INSERT: 1153,
      IP_VS_SO_SET_ADD: 1154,
      IP_VS_SO_SET_EDIT: 1155,
      IP_VS_SO_SET_DEL: 1156,
      IP_VS_SO_SET_FLUSH: 1157,
      IP_VS_SO_SET_LIST: 1158,
      IP_VS_SO_SET_ADDDEST: 1159,
      IP_VS_SO_SET_DELDEST: 1160,
      IP_VS_SO_SET_EDITDEST: 1161,
      IP_VS_SO_SET_TIMEOUT: 1162,
      IP_VS_SO_SET_STARTDAEMON: 1163,
      IP_VS_SO_SET_STOPDAEMON: 1164,
      IP_VS_SO_SET_RESTORE: 1165,
      IP_VS_SO_SET_SAVE: 1166,
      IP_VS_SO_SET_ZERO: 1167,
      IPT_SO_SET_REPLACE: 64,
      IPT_SO_SET_ADD_COUNTERS: 65,
    }),
    sock_ipv6_options: names(
      "IPV6_???",
      "linux/in6.h",
      `IPV6_ADDRFORM IPV6_2292PKTINFO IPV6_2292HOPOPTS IPV6_2292DSTOPTS IPV6_2292RTHDR IPV6_2292PKTOPTIONS IPV6_CHECKSUM
       IPV6_2292HOPLIMIT IPV6_AUTHHDR IPV6_FLOWINFO IPV6_UNICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_HOPS
       IPV6_MULTICAST_LOOP IPV6_ADD_MEMBERSHIP IPV6_DROP_MEMBERSHIP IPV6_ROUTER_ALERT IPV6_MTU_DISCOVER IPV6_MTU
       IPV6_RECVERR IPV6_V6ONLY IPV6_JOIN_ANYCAST IPV6_LEAVE_ANYCAST IPV6_MULTICAST_ALL IPV6_ROUTER_ALERT_ISOLATE
       IPV6_RECVERR_RFC4884 IPV6_FLOWLABEL_MGR IPV6_FLOWINFO_SEND IPV6_IPSEC_POLICY IPV6_XFRM_POLICY IPV6_HDRINCL
       IPV6_RECVPKTINFO IPV6_PKTINFO IPV6_RECVHOPLIMIT IPV6_HOPLIMIT IPV6_RECVHOPOPTS IPV6_HOPOPTS IPV6_RTHDRDSTOPTS
       IPV6_RECVRTHDR IPV6_RTHDR IPV6_RECVDSTOPTS IPV6_DSTOPTS IPV6_RECVPATHMTU IPV6_PATHMTU IPV6_DONTFRAG
       IPV6_RECVTCLASS IPV6_TCLASS IPV6_AUTOFLOWLABEL IPV6_ADDR_PREFERENCES IPV6_MINHOPCOUNT IPV6_ORIGDSTADDR
       IPV6_TRANSPARENT IPV6_UNICAST_IF IPV6_RECVFRAGSIZE IPV6_FREEBIND`,
      {
        extra: {
          IPV6_NEXTHOP: 9,
          IPV6_USE_MIN_MTU: 63,
          ...Object.fromEntries(multicast.split(" ").map((name, i) => [name, 42 + i])),
        },
      },
    ),
    sock_ipv6_get_options: fixed("IPV6_???", {
      IP6T_SO_GET_INFO: 64,
      IP6T_SO_GET_ENTRIES: 65,
      IP6T_SO_GET_REVISION_MATCH: 68,
      IP6T_SO_GET_REVISION_TARGET: 69,
    }),
    sock_ipv6_set_options: fixed("IPV6_???", { IP6T_SO_SET_REPLACE: 64, IP6T_SO_SET_ADD_COUNTERS: 65 }),
    sock_ipx_options: fixed("IPX_???", { IPX_TYPE: 1 }),
    sock_irda_options: numbered(
      "IRLMP_???",
      1,
      "IRLMP_ENUMDEVICES IRLMP_IAS_SET IRLMP_IAS_QUERY IRLMP_HINTS_SET IRLMP_QOS_SET IRLMP_QOS_GET IRLMP_MAX_SDU_SIZE IRLMP_IAS_GET IRLMP_IAS_DEL IRLMP_HINT_MASK_SET IRLMP_WAITDEVICE",
    ),
    sock_iucv_options: fixed("SO_???", { SO_IPRMDATA_MSG: 0x80, SO_MSGLIMIT: 0x1000, SO_MSGSIZE: 0x800 }),
    sock_kcm_options: fixed("KCM_???", { KCM_RECV_DISABLE: 1 }),
    sock_llc_options: numbered(
      "LLC_OPT_???",
      0,
      "LLC_OPT_UNKNOWN LLC_OPT_RETRY LLC_OPT_SIZE LLC_OPT_ACK_TMR_EXP LLC_OPT_P_TMR_EXP LLC_OPT_REJ_TMR_EXP LLC_OPT_BUSY_TMR_EXP LLC_OPT_TX_WIN LLC_OPT_RX_WIN LLC_OPT_PKTINFO",
    ),
    sock_nfc_options: numbered(
      "NFC_LLCP_???",
      0,
      "NFC_LLCP_RW NFC_LLCP_MIUX NFC_LLCP_REMOTE_MIU NFC_LLCP_REMOTE_LTO NFC_LLCP_REMOTE_RW",
    ),
    sock_packet_options: names(
      "PACKET_???",
      "linux/if_packet.h",
      `PACKET_ADD_MEMBERSHIP PACKET_DROP_MEMBERSHIP PACKET_RECV_OUTPUT PACKET_RX_RING PACKET_STATISTICS
       PACKET_COPY_THRESH PACKET_AUXDATA PACKET_ORIGDEV PACKET_VERSION PACKET_HDRLEN PACKET_RESERVE PACKET_TX_RING
       PACKET_LOSS PACKET_VNET_HDR PACKET_TX_TIMESTAMP PACKET_TIMESTAMP PACKET_FANOUT PACKET_TX_HAS_OFF
       PACKET_QDISC_BYPASS PACKET_ROLLOVER_STATS PACKET_FANOUT_DATA PACKET_IGNORE_OUTGOING`,
    ),
    sock_pnpipe_options: numbered(
      "PNPIPE_???",
      1,
      "PNPIPE_ENCAP PNPIPE_IFINDEX PNPIPE_HANDLE PNPIPE_INITSTATE",
    ),
    sock_pppol2tp_options: numbered(
      "PPPOL2TP_SO_???",
      1,
      "PPPOL2TP_SO_DEBUG PPPOL2TP_SO_RECVSEQ PPPOL2TP_SO_SENDSEQ PPPOL2TP_SO_LNSMODE PPPOL2TP_SO_REORDERTO",
    ),
    sock_rds_options: fixed("RDS_???", {
      RDS_CANCEL_SENT_TO: 1,
      RDS_GET_MR: 2,
      RDS_FREE_MR: 3,
      RDS_BARRIER: 4,
      RDS_RECVERR: 5,
      RDS_CONG_MONITOR: 6,
      RDS_GET_MR_FOR_DEST: 7,
      SO_RDS_TRANSPORT: 8,
      SO_RDS_MSG_RXPATH_LATENCY: 10,
      SO_TIMESTAMP_OLD: 29,
      RDS_INFO_COUNTERS: 10000,
      RDS_INFO_CONNECTIONS: 10001,
      RDS_INFO_FLOWS: 10002,
      RDS_INFO_SEND_MESSAGES: 10003,
      RDS_INFO_RETRANS_MESSAGES: 10004,
      RDS_INFO_RECV_MESSAGES: 10005,
      RDS_INFO_SOCKETS: 10006,
      RDS_INFO_TCP_SOCKETS: 10007,
      RDS_INFO_IB_CONNECTIONS: 10008,
      RDS_INFO_CONNECTION_STATS: 10009,
      RDS_INFO_IWARP_CONNECTIONS: 10010,
    }),
    sock_rxrpc_options: numbered(
      "RXRPC_???",
      1,
      "RXRPC_SECURITY_KEY RXRPC_SECURITY_KEYRING RXRPC_EXCLUSIVE_CONNECTION RXRPC_MIN_SECURITY_LEVEL RXRPC_UPGRADEABLE_SERVICE RXRPC_SUPPORTED_CMSG",
    ),
    sock_sctp_options: names(
      "SCTP_???",
      ["stdint.h", "sys/socket.h", "linux/sctp.h"],
      `SCTP_RTOINFO SCTP_ASSOCINFO SCTP_INITMSG SCTP_NODELAY SCTP_AUTOCLOSE SCTP_SET_PEER_PRIMARY_ADDR SCTP_PRIMARY_ADDR
       SCTP_ADAPTATION_LAYER SCTP_DISABLE_FRAGMENTS SCTP_PEER_ADDR_PARAMS SCTP_DEFAULT_SEND_PARAM SCTP_EVENTS
       SCTP_I_WANT_MAPPED_V4_ADDR SCTP_MAXSEG SCTP_STATUS SCTP_GET_PEER_ADDR_INFO SCTP_DELAYED_SACK SCTP_CONTEXT
       SCTP_FRAGMENT_INTERLEAVE SCTP_PARTIAL_DELIVERY_POINT SCTP_MAX_BURST SCTP_AUTH_CHUNK SCTP_HMAC_IDENT
       SCTP_AUTH_KEY SCTP_AUTH_ACTIVE_KEY SCTP_AUTH_DELETE_KEY SCTP_PEER_AUTH_CHUNKS SCTP_LOCAL_AUTH_CHUNKS
       SCTP_GET_ASSOC_NUMBER SCTP_GET_ASSOC_ID_LIST SCTP_AUTO_ASCONF SCTP_PEER_ADDR_THLDS SCTP_RECVRCVINFO
       SCTP_RECVNXTINFO SCTP_DEFAULT_SNDINFO SCTP_AUTH_DEACTIVATE_KEY SCTP_REUSE_PORT SCTP_PEER_ADDR_THLDS_V2
       SCTP_SOCKOPT_BINDX_ADD SCTP_SOCKOPT_BINDX_REM SCTP_SOCKOPT_PEELOFF SCTP_SOCKOPT_CONNECTX_OLD
       SCTP_GET_PEER_ADDRS SCTP_GET_LOCAL_ADDRS SCTP_SOCKOPT_CONNECTX SCTP_SOCKOPT_CONNECTX3 SCTP_GET_ASSOC_STATS
       SCTP_PR_SUPPORTED SCTP_DEFAULT_PRINFO SCTP_PR_ASSOC_STATUS SCTP_PR_STREAM_STATUS SCTP_RECONFIG_SUPPORTED
       SCTP_ENABLE_STREAM_RESET SCTP_RESET_STREAMS SCTP_RESET_ASSOC SCTP_ADD_STREAMS SCTP_SOCKOPT_PEELOFF_FLAGS
       SCTP_STREAM_SCHEDULER SCTP_STREAM_SCHEDULER_VALUE SCTP_INTERLEAVING_SUPPORTED SCTP_SENDMSG_CONNECT SCTP_EVENT
       SCTP_ASCONF_SUPPORTED SCTP_AUTH_SUPPORTED SCTP_ECN_SUPPORTED SCTP_EXPOSE_POTENTIALLY_FAILED_STATE
       SCTP_REMOTE_UDP_ENCAPS_PORT SCTP_PLPMTUD_PROBE_INTERVAL`,
      {
        // no longer in the header
        extra: {
          SCTP_GET_PEER_ADDRS_NUM_OLD: 103,
          SCTP_GET_PEER_ADDRS_OLD: 104,
          SCTP_GET_LOCAL_ADDRS_NUM_OLD: 105,
          SCTP_GET_LOCAL_ADDRS_OLD: 106,
        },
      },
    ),
    sock_tipc_options: fixed("TIPC_???", {
      TIPC_IMPORTANCE: 127,
      TIPC_SRC_DROPPABLE: 128,
      TIPC_DEST_DROPPABLE: 129,
      TIPC_CONN_TIMEOUT: 130,
      TIPC_NODE_RECVQ_DEPTH: 131,
      TIPC_SOCK_RECVQ_DEPTH: 132,
      TIPC_MCAST_BROADCAST: 133,
      TIPC_MCAST_REPLICAST: 134,
      TIPC_GROUP_JOIN: 135,
      TIPC_GROUP_LEAVE: 136,
      TIPC_SOCK_RECVQ_USED: 137,
      TIPC_NODELAY: 138,
    }),
    sock_tls_options: numbered("TLS_???", 1, "TLS_TX TLS_RX"),
    sock_vsock_options: fixed("SO_VM_???", {
      SO_VM_SOCKETS_BUFFER_SIZE: 0,
      SO_VM_SOCKETS_BUFFER_MIN_SIZE: 1,
      SO_VM_SOCKETS_BUFFER_MAX_SIZE: 2,
      SO_VM_SOCKETS_PEER_HOST_VM_ID: 3,
      SO_VM_SOCKETS_TRUSTED: 5,
      SO_VM_SOCKETS_CONNECT_TIMEOUT_OLD: 6,
      SO_VM_SOCKETS_NONBLOCK_TXRX: 7,
      SO_VM_SOCKETS_CONNECT_TIMEOUT_NEW: 8,
    }),
    sock_xdp_options: numbered(
      "XDP_???",
      1,
      "XDP_MMAP_OFFSETS XDP_RX_RING XDP_TX_RING XDP_UMEM_REG XDP_UMEM_FILL_RING XDP_UMEM_COMPLETION_RING XDP_STATISTICS XDP_OPTIONS",
    ),
    txrehash_values: fixed("SOCK_TXREHASH_???", {
      SOCK_TXREHASH_DISABLED: 0,
      SOCK_TXREHASH_ENABLED: 1,
      SOCK_TXREHASH_DEFAULT: 255,
    }),
    packet_mreq_types: prefix("PACKET_MR_???", "linux/if_packet.h", "PACKET_MR_"),
    packet_types: names(
      "PACKET_???",
      "linux/if_packet.h",
      "PACKET_HOST PACKET_BROADCAST PACKET_MULTICAST PACKET_OTHERHOST PACKET_OUTGOING PACKET_LOOPBACK PACKET_USER PACKET_KERNEL",
    ),
    ax25_protocols: fixed("AX25_P_???", {
      AX25_P_ROSE: 1,
      AX25_P_VJCOMP: 6,
      AX25_P_VJUNCOMP: 7,
      AX25_P_SEGMENT: 8,
      AX25_P_TEXNET: 0xc3,
      AX25_P_LQ: 0xc4,
      AX25_P_ATALK: 0xca,
      AX25_P_ATALK_ARP: 0xcb,
      AX25_P_IP: 0xcc,
      AX25_P_ARP: 0xcd,
      AX25_P_FLEXNET: 0xce,
      AX25_P_NETROM: 0xcf,
      AX25_P_TEXT: 0xf0,
    }),
    can_protocols: numbered("CAN_???", 1, "CAN_RAW CAN_BCM CAN_TP16 CAN_TP20 CAN_MCNET CAN_ISOTP CAN_J1939"),
    bluetooth_protocols: numbered(
      "BTPROTO_???",
      0,
      "BTPROTO_L2CAP BTPROTO_HCI BTPROTO_SCO BTPROTO_RFCOMM BTPROTO_BNEP BTPROTO_CMTP BTPROTO_HIDP BTPROTO_AVDTP",
    ),
    isdn_protocols: fixed("ISDN_P_???", {
      ISDN_P_BASE: 0,
      ISDN_P_TE_S0: 1,
      ISDN_P_NT_S0: 2,
      ISDN_P_TE_E1: 3,
      ISDN_P_NT_E1: 4,
      ISDN_P_LAPD_TE: 16,
      ISDN_P_LAPD_NT: 17,
      ISDN_P_B_RAW: 33,
      ISDN_P_B_HDLC: 34,
      ISDN_P_B_X75SLP: 35,
      ISDN_P_B_L2DTMF: 36,
      ISDN_P_B_L2DSP: 37,
      ISDN_P_B_L2DSPHDLC: 38,
    }),
    phonet_protocols: numbered("PN_PROTO_???", 0, "PN_PROTO_TRANSPORT PN_PROTO_PHONET PN_PROTO_PIPE"),
    caif_protocols: numbered(
      "CAIFPROTO_???",
      0,
      "CAIFPROTO_AT CAIFPROTO_DATAGRAM CAIFPROTO_DATAGRAM_LOOP CAIFPROTO_UTIL CAIFPROTO_RFM CAIFPROTO_DEBUG",
    ),
    nfc_protocols: numbered("NFC_SOCKPROTO_???", 0, "NFC_SOCKPROTO_RAW NFC_SOCKPROTO_LLCP"),
    kcm_protocols: numbered("KCMPROTO_???", 0, "KCMPROTO_CONNECTED"),
    smc_protocols: numbered("SMCPROTO_???", 0, "SMCPROTO_SMC SMCPROTO_SMC6"),
    bluetooth_psms: fixed("L2CAP_PSM_???", {
      L2CAP_PSM_SDP: 1,
      L2CAP_PSM_RFCOMM: 3,
      L2CAP_PSM_3DSP: 0x21,
      L2CAP_PSM_IPSP: 0x23,
      L2CAP_PSM_LE_DYN_START: 0x80,
      L2CAP_PSM_LE_DYN_END: 0xff,
      L2CAP_PSM_DYN_START: 0x1001,
      L2CAP_PSM_AUTO_END: 0x10ff,
      L2CAP_PSM_DYN_END: 0xffff,
    }),
    bluetooth_cids: fixed("L2CAP_CID_???", {
      L2CAP_CID_SIGNALING: 1,
      L2CAP_CID_CONN_LESS: 2,
      L2CAP_CID_A2MP: 3,
      L2CAP_CID_ATT: 4,
      L2CAP_CID_LE_SIGNALING: 5,
      L2CAP_CID_SMP: 6,
      L2CAP_CID_SMP_BREDR: 7,
      L2CAP_CID_DYN_START: 0x40,
      L2CAP_CID_LE_DYN_END: 0x7f,
      L2CAP_CID_DYN_END: 0xffff,
    }),
    bluetooth_address_types: numbered("BDADDR_???", 0, "BDADDR_BREDR BDADDR_LE_PUBLIC BDADDR_LE_RANDOM"),
    hci_channels: numbered(
      "HCI_CHANNEL_???",
      0,
      "HCI_CHANNEL_RAW HCI_CHANNEL_USER HCI_CHANNEL_MONITOR HCI_CHANNEL_CONTROL HCI_CHANNEL_LOGGING",
    ),
    rxrpc_services: fixed("???_SERVICE", {
      CM_SERVICE: 1,
      YFS_FS_SERVICE: 2500,
      YFS_CM_SERVICE: 2501,
      YFS_VL_SERVICE: 2503,
    }),
    ieee802154_address_types: fixed("IEEE802154_ADDR_???", {
      IEEE802154_ADDR_NONE: 0,
      IEEE802154_ADDR_SHORT: 2,
      IEEE802154_ADDR_LONG: 3,
    }),
    ieee802154_addresses: fixed("", { IEEE802154_ADDR_UNDEF: 0xfffe, IEEE802154_ADDR_BROADCAST: 0xffff }),
    ieee802154_networks: fixed("", { IEEE802154_PANID_BROADCAST: 0xffff }),
    alg_flags: fixed("CRYPTO_ALG_???", { CRYPTO_ALG_KERN_DRIVER_ONLY: 0x1000 }),
    nfc_saps: fixed("", {
      LLCP_SAP_SDP: 1,
      LLCP_SAP_IP: 2,
      LLCP_SAP_OBEX: 3,
      LLCP_SAP_SNEP: 4,
    }),
    nfc_address_protocols: numbered(
      "NFC_PROTO_???",
      1,
      "NFC_PROTO_JEWEL NFC_PROTO_MIFARE NFC_PROTO_FELICA NFC_PROTO_ISO14443 NFC_PROTO_NFC_DEP NFC_PROTO_ISO14443_B NFC_PROTO_ISO15693",
    ),
    vsock_cids: fixed("", {
      VMADDR_CID_HYPERVISOR: 0,
      VMADDR_CID_LOCAL: 1,
      VMADDR_CID_HOST: 2,
      VMADDR_CID_ANY: 0xffffffff,
    }),
    vsock_ports: fixed("", { VMADDR_PORT_ANY: 0xffffffff }),
    vsock_flags: fixed("VMADDR_FLAG_???", { VMADDR_FLAG_TO_HOST: 1 }),
    qrtr_nodes: fixed("", { QRTR_NODE_BCAST: 0xffffffff }),
    qrtr_ports: fixed("", { QRTR_PORT_CTRL: 0xfffffffe }),
    mctp_networks: fixed("", { MCTP_NET_ANY: 0 }),
    mctp_addresses: fixed("", { MCTP_ADDR_NULL: 0, MCTP_ADDR_ANY: 255 }),
    xdp_address_flags: names(
      "XDP_???",
      "linux/if_xdp.h",
      "XDP_SHARED_UMEM XDP_COPY XDP_ZEROCOPY XDP_USE_NEED_WAKEUP",
    ),
    scm_types: fixed("SCM_???", {
      SCM_RIGHTS: 1,
      SCM_CREDENTIALS: 2,
      SCM_SECURITY: 3,
      SCM_PIDFD: 4,
      SO_WIFI_STATUS: 41,
      SO_TXTIME: 61,
      SO_TIMESTAMP_OLD: 29,
      SO_TIMESTAMPNS_OLD: 35,
      SO_TIMESTAMPING_OLD: 37,
      SO_TIMESTAMP_NEW: 63,
      SO_TIMESTAMPNS_NEW: 64,
      SO_TIMESTAMPING_NEW: 65,
      SCM_TIMESTAMPING_OPT_STATS: 54,
      SCM_TIMESTAMPING_PKTINFO: 58,
    }),
    ip_message_types: names(
      "IP_???",
      "linux/in.h",
      "IP_TOS IP_TTL IP_RECVOPTS IP_RETOPTS IP_PKTINFO IP_RECVERR IP_ORIGDSTADDR IP_CHECKSUM",
      { extra: { SCM_SECURITY: 3 } },
    ),
    cbpf_classes: numbered("BPF_???", 0, "BPF_LD BPF_LDX BPF_ST BPF_STX BPF_ALU BPF_JMP BPF_RET BPF_MISC"),
    cbpf_sizes: fixed("BPF_???", { BPF_W: 0, BPF_H: 8, BPF_B: 16, BPF_DW: 24 }),
    cbpf_modes: fixed("BPF_???", {
      BPF_IMM: 0,
      BPF_ABS: 0x20,
      BPF_IND: 0x40,
      BPF_MEM: 0x60,
      BPF_LEN: 0x80,
      BPF_MSH: 0xa0,
      BPF_XADD: 0xc0,
    }),
    cbpf_operations: fixed("BPF_???", {
      BPF_ADD: 0,
      BPF_SUB: 0x10,
      BPF_MUL: 0x20,
      BPF_DIV: 0x30,
      BPF_OR: 0x40,
      BPF_AND: 0x50,
      BPF_LSH: 0x60,
      BPF_RSH: 0x70,
      BPF_NEG: 0x80,
      BPF_MOD: 0x90,
      BPF_XOR: 0xa0,
      BPF_MOV: 0xb0,
      BPF_ARSH: 0xc0,
      BPF_END: 0xd0,
    }),
    cbpf_jumps: fixed("BPF_???", {
      BPF_JA: 0,
      BPF_JEQ: 0x10,
      BPF_JGT: 0x20,
      BPF_JGE: 0x30,
      BPF_JSET: 0x40,
      BPF_JNE: 0x50,
      BPF_JSGT: 0x60,
      BPF_JSGE: 0x70,
      BPF_CALL: 0x80,
      BPF_EXIT: 0x90,
      BPF_JLT: 0xa0,
      BPF_JLE: 0xb0,
      BPF_JSLT: 0xc0,
      BPF_JSLE: 0xd0,
    }),
    cbpf_sources: fixed("BPF_???", { BPF_K: 0, BPF_X: 8 }),
    cbpf_results: fixed("BPF_???", { BPF_K: 0, BPF_X: 8, BPF_A: 0x10 }),
    cbpf_moves: fixed("BPF_???", { BPF_TAX: 0, BPF_TXA: 0x80 }),
    cbpf_extensions: names(
      "SKF_AD_???",
      "linux/filter.h",
      `SKF_AD_PROTOCOL SKF_AD_PKTTYPE SKF_AD_IFINDEX SKF_AD_NLATTR SKF_AD_NLATTR_NEST SKF_AD_MARK SKF_AD_QUEUE
       SKF_AD_HATYPE SKF_AD_RXHASH SKF_AD_CPU SKF_AD_ALU_XOR_X SKF_AD_VLAN_TAG SKF_AD_VLAN_TAG_PRESENT SKF_AD_PAY_OFFSET
       SKF_AD_RANDOM SKF_AD_VLAN_TPID`,
    ),
  },
  structs: {
    tpacket_stats: {
      headers: ["linux/if_packet.h"],
      type: "struct tpacket_stats_v3",
    },
    tpacket_req: { headers: ["linux/if_packet.h"] },
    packet_mreq: { headers: ["linux/if_packet.h"] },
    group_req: { headers: ["netinet/in.h"] },
    sock_fprog: { headers: ["linux/filter.h"] },
  },
};
