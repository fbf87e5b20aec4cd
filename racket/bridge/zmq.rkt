#lang racket/base
;; A binding to libzmq: dealer sockets that send and receive whole messages. It knows nothing of
;; the protocol above it.
;;
;; Every call into libzmq is DONTWAIT, so the other green threads go on and a break (Ctrl-C) works
;; while a thread waits. libzmq wakes a waiter through a file descriptor that is edge-triggered: it
;; must be drained (receive until EAGAIN) before one waits on it, and a send may swallow the wake-up
;; of a thread that waits. So one thread at a time uses a socket; the caller holds the lock.
;; Source: the manual pages zmq_getsockopt(3) on ZMQ_FD and ZMQ_EVENTS, zmq_msg_send(3).

(provide open-dealer dealer? dealer-send! dealer-receive! close-dealer!
         (struct-out exn:fail:zmq))

(require ffi/unsafe ffi/unsafe/atomic ffi/unsafe/port racket/list racket/runtime-path "keys.rkt")

;; libzmq refused something; the message is one line for a person.
(struct exn:fail:zmq exn:fail ())

(define (zmq-error text)
  (raise (exn:fail:zmq text (current-continuation-marks))))

;; A Dealer is a connected DEALER socket: its pointer (#f once closed), the file descriptor that
;; wakes a waiter, the context it lives in, and a zmq_msg_t that frames are received into.
(struct dealer ([socket #:mutable] descriptor context message))

;; ---------------------------------------------------------------------------------- the library

(define-runtime-path virtual-environment "../../.venv")

;; The file names to try, in order: the one asked for, the system's, the one in the pyzmq wheel.
(define (candidates)
  (define asked (getenv "ARCHITECTO_LIBZMQ"))
  (cond
    [asked (list asked)]
    [else
     (append '("libzmq.so.5" "libzmq.5.dylib" "libzmq.so")
             (wheel-libraries virtual-environment))]))

(define (wheel-libraries environment)
  (define lib (build-path environment "lib"))
  (if (directory-exists? lib)
      (for*/list ([python (in-list (directory-list lib #:build? #t))]
                  [folder (in-list (list (build-path python "site-packages" "pyzmq.libs")
                                         (build-path python "site-packages" "zmq" ".dylibs")))]
                  #:when (directory-exists? folder)
                  [file (in-list (directory-list folder #:build? #t))]
                  #:when (regexp-match? #rx"libzmq[^/]*$" (path->string file)))
        file)
      '()))

(define (load-library)
  (or (for/or ([name (in-list (candidates))])
        (with-handlers ([exn:fail? (λ (_) #f)])
          (define file (if (path? name) (path->string name) name))
          (preload-neighbours file)
          (ffi-lib file)))
      (zmq-error
       (if (getenv "ARCHITECTO_LIBZMQ")
           (format "cannot load libzmq from ARCHITECTO_LIBZMQ=~a: name a libzmq.so.5"
                   (getenv "ARCHITECTO_LIBZMQ"))
           (string-append "no libzmq found: install it (Debian: libzmq5, Fedora and macOS: zeromq),"
                          " run `make setup`, or name the file in ARCHITECTO_LIBZMQ")))))

;; The wheel's libzmq needs the wheel's libsodium, which lies beside it and which the dynamic
;; linker may not look for there.
(define (preload-neighbours file)
  (define-values (folder name dir?) (split-path (path->complete-path file)))
  (when (and (path? folder) (directory-exists? folder) (complete-path? file))
    (for ([other (in-list (directory-list folder #:build? #t))]
          #:when (regexp-match? #rx"lib(sodium|stdc|gcc)[^/]*$" (path->string other)))
      (with-handlers ([exn:fail? void])
        (ffi-lib (path->string other) #:global? #t)))))

;; A function is looked up at its first use, so that a program that never connects needs no libzmq.
(define library #f)

(define-syntax-rule (define-zmq name c-name type)
  (define name
    (λ arguments
      (unless library (set! library (load-library)))
      (set! name (get-ffi-obj c-name library type))
      (apply name arguments))))

(define-zmq zmq-ctx-new "zmq_ctx_new" (_fun -> _pointer))
(define-zmq zmq-ctx-term "zmq_ctx_term" (_fun _pointer -> _int))
(define-zmq zmq-socket "zmq_socket" (_fun _pointer _int -> _pointer))
(define-zmq zmq-close "zmq_close" (_fun _pointer -> _int))
(define-zmq zmq-connect "zmq_connect"
  (_fun #:save-errno 'posix _pointer _bytes/nul-terminated -> _int))
(define-zmq zmq-set-int "zmq_setsockopt"
  (_fun _pointer _int (value : (_ptr i _int)) (_size = (ctype-sizeof _int)) -> _int))
(define-zmq zmq-set-bytes "zmq_setsockopt"
  (_fun #:save-errno 'posix _pointer _int (value : _bytes) (_size = (bytes-length value)) -> _int))
(define-zmq zmq-get-int "zmq_getsockopt"
  (_fun _pointer _int (value : (_ptr o _int)) (size : (_ptr io _size) = (ctype-sizeof _int))
        -> (result : _int) -> (and (zero? result) value)))
(define-zmq zmq-send "zmq_send"
  (_fun #:save-errno 'posix _pointer _bytes _size _int -> _int))
(define-zmq zmq-msg-init "zmq_msg_init" (_fun _pointer -> _int))
(define-zmq zmq-msg-receive "zmq_msg_recv"
  (_fun #:save-errno 'posix _pointer _pointer _int -> _int))
(define-zmq zmq-msg-data "zmq_msg_data" (_fun _pointer -> _pointer))
(define-zmq zmq-msg-more "zmq_msg_more" (_fun _pointer -> _int))
(define-zmq zmq-msg-close "zmq_msg_close" (_fun _pointer -> _int))
(define-zmq zmq-strerror "zmq_strerror" (_fun _int -> _bytes))

;; Constants of zmq.h.
(define ZMQ_DEALER 5)
(define ZMQ_FD 14)
(define ZMQ_LINGER 17)
(define ZMQ_RECONNECT_IVL 18)
(define ZMQ_MAXMSGSIZE 22)
(define ZMQ_SNDHWM 23)
(define ZMQ_RCVHWM 24)
(define ZMQ_CURVE_PUBLICKEY 48)
(define ZMQ_CURVE_SECRETKEY 49)
(define ZMQ_CURVE_SERVERKEY 50)
(define ZMQ_HEARTBEAT_IVL 75)
(define ZMQ_HEARTBEAT_TIMEOUT 77)
(define ZMQ_DONTWAIT 1)
(define ZMQ_SNDMORE 2)

(define message-size 64) ; sizeof(zmq_msg_t), fixed by libzmq's ABI

;; ---------------------------------------------------------------------------------- the socket

;; open-dealer : string [#:keys (or/c #f keys?) …] -> dealer
;; Connects to an endpoint, with CURVE if there are keys. libzmq connects in the background and again
;; after a loss, so this succeeds before anybody listens there.
(define (open-dealer endpoint
                     #:keys [own #f]
                     #:linger-ms [linger-ms 0]
                     #:reconnect-ms [reconnect-ms 100]
                     #:heartbeat-ms [heartbeat-ms 5000]
                     #:heartbeat-timeout-ms [heartbeat-timeout-ms 30000]
                     #:queue [queue 64]
                     #:largest-frame [largest-frame (* 32 1024 1024)])
  (define context (zmq-ctx-new))
  (define socket (zmq-socket context ZMQ_DEALER))
  (zmq-set-int socket ZMQ_LINGER linger-ms)
  (zmq-set-int socket ZMQ_RECONNECT_IVL reconnect-ms)
  (zmq-set-int socket ZMQ_HEARTBEAT_IVL heartbeat-ms)
  (zmq-set-int socket ZMQ_HEARTBEAT_TIMEOUT heartbeat-timeout-ms)
  (zmq-set-int socket ZMQ_SNDHWM queue)
  (zmq-set-int socket ZMQ_RCVHWM queue)
  (zmq-set-bytes socket ZMQ_MAXMSGSIZE (integer->integer-bytes largest-frame 8 #t))
  (when own
    (for ([option (in-list (list ZMQ_CURVE_SERVERKEY ZMQ_CURVE_PUBLICKEY ZMQ_CURVE_SECRETKEY))]
          [key (in-list (list (keys-agent own) (keys-public own) (keys-secret own)))])
      (unless (zero? (zmq-set-bytes socket option key))
        (zmq-close socket)
        (zmq-ctx-term context)
        (zmq-error (string-append "cannot use the keys: they are damaged, or this libzmq has no"
                                  " CURVE (name another one in ARCHITECTO_LIBZMQ)")))))
  (unless (zero? (zmq-connect socket (string->bytes/utf-8 endpoint)))
    (define reason (error-text (saved-errno)))
    (zmq-close socket)
    (zmq-ctx-term context)
    (zmq-error (format "cannot connect to ~a: ~a" endpoint reason)))
  (define message (malloc message-size 'raw))
  (zmq-msg-init message)
  (dealer socket (zmq-get-int socket ZMQ_FD) context message))

;; dealer-send! : dealer (listof bytes) -> boolean
;; Sends the frames as one message, all or nothing; #f if the queue is full. No other green thread
;; runs, and no break or kill arrives, between the frames.
(define (dealer-send! d frames)
  (define socket (open-socket d))
  (define errno
    (call-as-atomic
     (λ ()
       (let loop ([frames frames])
         (define flags (if (null? (rest frames)) ZMQ_DONTWAIT (+ ZMQ_DONTWAIT ZMQ_SNDMORE)))
         (define frame (first frames))
         (define sent (zmq-send socket frame (bytes-length frame) flags))
         (cond
           [(negative? sent) (saved-errno)]
           [(null? (rest frames)) 0]
           [else (loop (rest frames))])))))
  (cond
    [(zero? errno) #t]
    [(again? errno) #f]
    [else (zmq-error (string-append "cannot send: " (error-text errno)))]))

;; dealer-receive! : dealer [real or #f] -> (listof bytes) or #f
;; The frames of the next message; #f when none came within timeout seconds (#f: wait for ever).
;; Other green threads go on meanwhile, and a break ends the wait and loses nothing. Before it waits
;; it looks for a message for as long as a wait costs: a quick answer is then there at once.
(define (dealer-receive! d timeout)
  (define start (current-inexact-monotonic-milliseconds))
  (define until (if timeout (+ start (* 1000.0 timeout)) +inf.0))
  (define look-until (min until (+ start cost-of-a-wait)))
  (let loop ([looking? #t])
    (or (receive-now d)
        (let ([now (current-inexact-monotonic-milliseconds)])
          (cond
            [(>= now until) #f]
            [(and looking? (< now look-until)) (loop #t)]
            [else
             (wait-readable d (and timeout (/ (- until now) 1000.0)))
             (loop #f)])))))

(define cost-of-a-wait 0.12) ; milliseconds of CPU time, measured

;; The frames of a message that is already there, or #f.
(define (receive-now d)
  (define socket (open-socket d))
  (define message (dealer-message d))
  (define result
    (call-as-atomic
     (λ ()
       (let loop ([frames '()])
         (define size (zmq-msg-receive message socket ZMQ_DONTWAIT)) ; frees the frame before
         (cond
           [(negative? size) (saved-errno)]
           [else
            (define frame (make-bytes size))
            (unless (zero? size) (memcpy frame (zmq-msg-data message) size))
            (define all (cons frame frames))
            (if (= 1 (zmq-msg-more message)) (loop all) (reverse all))])))))
  (cond
    [(list? result) result]
    [(again? result) #f]
    [else (zmq-error (string-append "cannot receive: " (error-text result)))]))

;; Waits until libzmq signals something, or for timeout seconds. Where Racket cannot watch the
;; descriptor it looks again every millisecond.
(define (wait-readable d timeout)
  (define ready (call-as-atomic (λ () (unsafe-socket->semaphore (dealer-descriptor d) 'read))))
  (if ready
      (sync/timeout timeout ready)
      (sleep (min 0.001 (or timeout 0.001)))))

;; close-dealer! : dealer -> void
;; Closes the socket; what did not go out within the linger time is dropped. A closed dealer stays
;; closed. The linger time is 0 unless asked for: closing waits for it, and all green threads too.
(define (close-dealer! d)
  (define socket (dealer-socket d))
  (when socket
    (set-dealer-socket! d #f)
    (call-as-atomic (λ () (unsafe-socket->semaphore (dealer-descriptor d) 'remove)))
    (zmq-msg-close (dealer-message d))
    (free (dealer-message d))
    (zmq-close socket)
    (zmq-ctx-term (dealer-context d))
    (void)))

(define (open-socket d)
  (or (dealer-socket d) (zmq-error "the connection is closed")))

;; EAGAIN is 11 on Linux and 35 on macOS; EINTR (4) means the same to us: try again later.
(define (again? errno) (memv errno '(11 35 4)))

(define (error-text errno)
  (bytes->string/utf-8 (zmq-strerror errno) #\?))
