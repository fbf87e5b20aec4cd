#lang racket/base
;; One request to an agent and its reply: deadline, sending again, hello, and what goes wrong.
;;
;; One request is on its way at a time; a lock holds others back. A request is sent again under its
;; old id until the reply comes: the agent gives the same bytes for the same id, so nothing happens
;; twice. Messages that nobody waits for are dropped, whatever they hold.

(provide (struct-out exn:fail:agent) (struct-out agent)
         agent-error locked
         say-hello! exchange! stop? error-code? refuse-error)

(require "messages.rkt" "zmq.rkt")

;; The agent did not answer, or answered with an error. The message is one line for a person.
(struct exn:fail:agent exn:fail ())

(define (agent-error #:make [make exn:fail:agent] text . arguments)
  (raise (make (printable (apply format text arguments)) (current-continuation-marks))))

;; An Agent is a connection to an agent process.
;;   endpoint    where it listens, for messages to a person
;;   key         file of the engine's keys, or #f
;;   hello-form  (listof (cons symbol value)), the fields that every hello repeats
;;   deadline    seconds that a request may take, until the agent names another
;;   lock        held during a request: one thread at a time uses the socket
;;   sent        set of indices whose text the agent holds: hasheqv index -> #t
;;   reply       the latest hello_reply; empty before the first
;;   closed      indices that the agent may forget and was not told of yet, oldest first
;;   over?       the agent told us to stop; nothing is sent any more
(struct agent (endpoint key dealer session hello-form lock sent
                        [deadline #:mutable] [next-id #:mutable] [reply #:mutable]
                        [closed #:mutable] [over? #:mutable]))

;; A request is sent again after these seconds, doubling up to the second number.
(define first-resend 1.0)
(define last-resend 5.0)

(define (locked a thunk)
  (call-with-semaphore (agent-lock a) (λ () (with-own-errors a thunk))))

;; Everything that goes wrong below becomes one line in an exn:fail:agent.
(define (with-own-errors a thunk)
  (with-handlers ([exn:fail:zmq? (λ (e) (agent-error "~a" (exn-message e)))]
                  [exn:fail:message?
                   (λ (e) (agent-error "a message between engine and agent at ~a is wrong: ~a"
                                       (agent-endpoint a) (exn-message e)))])
    (thunk)))

;; Begins the session, or begins it anew: nothing counts as sent any more.
(define (say-hello! a)
  (hash-clear! (agent-sent a))
  (set-agent-closed! a '())
  (define-values (header body) (exchange!/form a "hello" #"" (agent-hello-form a)))
  (unless (stop? a header)
    (refuse-error a header)
    (set-agent-reply! a header)
    (set-agent-deadline! a (hash-ref header 'deadline_s))))

;; Sends one request and waits for its reply: header and body. To an agent that told us to stop,
;; nothing is sent; it counts as having said so again.
(define (exchange! a type body . pairs)
  (exchange!/form a type body (cons (cons 'session (agent-session a)) pairs)))

(define (exchange!/form a type body pairs)
  (define id (agent-next-id a))
  (set-agent-next-id! a (add1 id))
  (define frames (list (apply build type (cons 'id id) pairs) body))
  (when (> (bytes-length body) body-limit)
    (agent-error "a ~a request has ~a bytes of choices, the limit is ~a"
                 type (bytes-length body) body-limit))
  (cond
    [(agent-over? a) (values (hasheq 'type "shutdown") #"")]
    [else
     (dealer-send! (agent-dealer a) frames)
     (await-reply a type id frames)]))

;; The deadline starts anew whenever the agent says that it is working on the request.
(define (await-reply a type id frames)
  (define dealer (agent-dealer a))
  (define (now) (/ (current-inexact-milliseconds) 1000.0))
  (let wait ([until (+ (now) (agent-deadline a))] [resend-at (+ (now) first-resend)]
             [pause first-resend] [dropped #f])
    (define received (dealer-receive! dealer (max 0.0 (- (min until resend-at) (now)))))
    (define-values (header reply-body)
      (if received (read-reply received id) (values #f #f)))
    (cond
      [(hash? header)
       (define kind (hash-ref header 'type))
       (cond
         [(equal? kind "working")
          (wait (+ (now) (hash-ref header 'deadline_s)) resend-at pause dropped)]
         [(member kind (list (string-append type "_reply") "error" "shutdown"))
          (values header reply-body)]
         [else (agent-error "the agent answered a ~a request with ~a" type kind)])]
      [received (wait until resend-at pause (or reply-body dropped))]
      [(>= (now) until)
       (agent-error "the agent at ~a did not answer a ~a request within ~a s~a: is it running~a?"
                    (agent-endpoint a) type (agent-deadline a)
                    (if dropped (format " (it sent what cannot be read: ~a)" dropped) "")
                    (if (agent-key a) (format ", and does it list the key of ~a" (agent-key a)) ""))]
      [else
       (dealer-send! dealer frames)
       (define longer (min last-resend (* 2 pause)))
       (wait until (+ (now) longer) longer dropped)])))

;; Header and body of a message for the request `id`. #f for one that is to be dropped, and then why
;; if it breaks the protocol: what was not asked for, came late, or is of a type unknown to us. A
;; message that breaks the protocol and bears our id is an error.
(define (read-reply frames id)
  (define (ours? e)
    (and (equal? (hash-ref (exn:fail:message-header e) 'id #f) id)
         (not (equal? (exn:fail:message-code e) "unknown_type"))))
  (with-handlers ([(λ (e) (and (exn:fail:message? e) (not (ours? e))))
                   (λ (e) (values #f (exn-message e)))])
    (define-values (header body) (parse frames))
    (if (and (not (equal? (hash-ref header 'type) "reward"))
             (equal? (hash-ref header 'id id) id))
        (values header body)
        (values #f #f))))

;; Does this reply tell the engine to stop?
(define (stop? a header)
  (define stop (equal? (hash-ref header 'type) "shutdown"))
  (when stop (set-agent-over?! a #t))
  stop)

(define (error-code? header code)
  (and (equal? (hash-ref header 'type) "error") (equal? (hash-ref header 'code) code)))

(define (refuse-error a header)
  (when (equal? (hash-ref header 'type) "error")
    (agent-error "the agent at ~a refused a request (~a): ~a"
                 (agent-endpoint a) (hash-ref header 'code) (hash-ref header 'message))))
