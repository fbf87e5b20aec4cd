#lang racket/base
;; The engine's side of the protocol: requests to an agent, with deadline, resend and hello.
;;
;; One request is on its way at a time; a lock holds others back. A request is sent again under its
;; old id until the reply comes: the agent gives the same bytes for the same id, so nothing happens
;; twice. Replies to ids that nobody waits for any more are dropped.

(require racket/contract/base (only-in racket/math natural?))

(provide
 (struct-out exn:fail:agent)
 agent?
 (contract-out
  [connect-agent (->* (string? #:session string? #:hello hash?)
                      (#:deadline (and/c real? positive?) #:key (or/c path-string? #f))
                      agent?)]
  [agent-hello (-> agent? hash?)]
  [agent-choose! (->* (agent? #:episode natural? #:step natural?
                              #:candidates (or/c 'all list?) #:new list? #:closed list?
                              #:text procedure? #:parent procedure?)
                      (#:open procedure?)
                      (or/c natural? 'shutdown))]
  [agent-answer! (->* (agent? #:episode natural? #:step natural? #:index natural?
                              #:architecture bytes?)
                      (#:parameters (or/c natural? #f) #:table-key (or/c string? #f))
                      (values (or/c 'queued 'held 'known 'shutdown) (or/c real? #f)))]
  [agent-episode-end! (-> agent? #:episode natural? #:outcome symbol?
                          (or/c natural? #f 'shutdown))]
  [agent-scores! (-> agent? #:candidates list? #:text procedure? #:parent procedure?
                     (listof (cons/c natural? flonum?)))]
  [agent-use-scorer! (-> agent? string? string?)]
  [disconnect-agent! (-> agent? void?)]))

(require racket/list "keys.rkt" "messages.rkt" "zmq.rkt")

(define engine-name "architecto 0.1.0")

;; The agent did not answer, or answered with an error. The message is one line for a person.
(struct exn:fail:agent exn:fail ())

(define (agent-error text . arguments)
  (raise (exn:fail:agent (apply format text arguments) (current-continuation-marks))))

;; An Agent is a connection to an agent process.
;;   endpoint    where it listens, for messages to a person
;;   key         file of the engine's keys, or #f
;;   hello-form  (listof (cons symbol value)), the fields that every hello repeats
;;   deadline    seconds that a request may take, until the agent names another
;;   lock        held during a request: one thread at a time uses the socket
;;   sent        set of indices whose text the agent holds: hasheqv index -> #t
;;   closed      indices that the agent may forget and was not told of yet, oldest first
;;   over?       the agent told us to stop; nothing is sent any more
(struct agent (endpoint key dealer session hello-form lock sent
                        [deadline #:mutable] [next-id #:mutable] [reply #:mutable]
                        [closed #:mutable] [over? #:mutable]))

;; A request is sent again after these seconds, doubling up to the second number.
(define first-resend 1.0)
(define last-resend 5.0)

;; Closed indices in one header: leaves room for 4,096 candidates within the header's limit.
(define closed-limit 2048)

;; ---------------------------------------------------------------------------------- requests

;; Connects and says hello. `key` is the file of the engine's keys (keys.rkt), which tcp needs.
;; Raises exn:fail:agent if no agent answers within the deadline.
(define (connect-agent endpoint #:session session #:hello hello #:deadline [deadline 60]
                       #:key [key #f])
  (when (and (regexp-match? #rx"^tcp://" endpoint) (not key))
    (agent-error "~a needs a key file: make one with `python -m architecto keys FOLDER`" endpoint))
  (define own (and key (read-keys key (λ (text) (agent-error "~a" text)))))
  (define dealer
    (with-handlers ([exn:fail:zmq? (λ (e) (agent-error "~a" (exn-message e)))])
      (open-dealer endpoint #:keys own)))
  (define hello-form
    (list* (cons 'session session)
           (cons 'engine engine-name)
           (for/list ([key (in-list '(space input classes))])
             (cons key (hash-ref hello key
                                 (λ () (agent-error "hello needs the field ~a" key)))))))
  (define a (agent endpoint key dealer session hello-form (make-semaphore 1) (make-hasheqv)
                   deadline 1 (hasheq) '() #f))
  (with-handlers ([(λ (_) #t) (λ (e) (close-dealer! dealer) (raise e))])
    (locked a (λ () (say-hello! a))))
  a)

;; The latest hello_reply of the agent.
(define (agent-hello a) (agent-reply a))

;; Asks which candidate to expand. The contract looks at no item of a list: `build` does.
;;   candidates  the indices that may be picked, or 'all: every open one
;;   new         indices born since the last request; sent if they were not before
;;   closed      indices with nothing left below them
;;   text        index -> bytes; parent: index -> index or #f
;;   open        gives every open index; called only when all of them must be sent again
(define (agent-choose! a #:episode episode #:step step #:candidates candidates #:new new
                       #:closed closed #:text text #:parent parent
                       #:open [open (λ () '())])
  (set-agent-closed! a (append (agent-closed a) closed))
  (define (needed)
    (cond
      [(pair? candidates) (append new candidates)]
      [(zero? (hash-count (agent-sent a))) (append (open) new)]
      [else new]))
  (locked
   a
   (λ ()
     (define-values (header body)
       (exchange-choices!
        a needed text parent
        (λ (body)
          (define-values (told later) (split-at-most (agent-closed a) closed-limit))
          (define-values (header reply-body)
            (exchange! a "choose" body
                       (cons 'episode episode) (cons 'step step)
                       (cons 'candidates (if (eq? candidates 'all) "all" candidates))
                       (cons 'closed told)))
          (when (member (hash-ref header 'type) '("choose_reply" "shutdown"))
            (set-agent-closed! a later)
            (for ([index (in-list told)])
              (hash-remove! (agent-sent a) index)))
          (values header reply-body))))
     (define index (if (stop? a header) 'shutdown (hash-ref header 'index)))
     (unless (or (eq? index 'shutdown) (eq? candidates 'all) (memv index candidates))
       (agent-error "the agent picked choice ~a, which is no candidate: ~a" index candidates))
     index)))

;; Hands over an architecture that was found. Gives its status and, if it is known, its reward.
(define (agent-answer! a #:episode episode #:step step #:index index #:architecture architecture
                       #:parameters [parameters #f] #:table-key [table-key #f])
  (define header
    (simple-request! a "answer" architecture
                     (list* (cons 'episode episode) (cons 'step step) (cons 'index index)
                            (append
                             (if parameters (list (cons 'parameters parameters)) '())
                             (if table-key (list (cons 'table_key table-key)) '())))))
  (if (stop? a header)
      (values 'shutdown #f)
      (values (string->symbol (hash-ref header 'status)) (hash-ref header 'reward #f))))

;; Tells the agent how an episode ended: 'answer, 'exhausted or 'limit. Gives the number of the next
;; one, or #f if the agent leaves the counting to the engine.
(define (agent-episode-end! a #:episode episode #:outcome outcome)
  (define header
    (simple-request! a "episode_end" #""
                     (list (cons 'episode episode) (cons 'outcome (symbol->string outcome)))))
  (if (stop? a header) 'shutdown (hash-ref header 'episode #f)))

;; The scores of the candidates, in their order: (listof (cons index flonum)).
(define (agent-scores! a #:candidates candidates #:text text #:parent parent)
  (locked
   a
   (λ ()
     (append*
      (for/list ([part (in-list (parts-of candidates indices-limit))])
        (define-values (header body)
          (exchange-choices! a (λ () part) text parent
                             (λ (body) (exchange! a "scores" body (cons 'candidates part)))))
        (when (stop? a header)
          (agent-error "the agent at ~a has ended" (agent-endpoint a)))
        (define scores (parse-scores body))
        (unless (equal? (map car scores) part)
          (agent-error "the agent sent ~a scores for ~a choices" (length scores) (length part)))
        scores)))))

;; Makes the agent use another scorer from the next request on; gives the scorer's name.
(define (agent-use-scorer! a scorer)
  (define header (simple-request! a "use_scorer" #"" (list (cons 'scorer scorer))))
  (if (stop? a header)
      (agent-error "the agent at ~a has ended" (agent-endpoint a))
      (hash-ref header 'scorer)))

;; Takes leave of the agent, without waiting long for it, and closes the connection.
(define (disconnect-agent! a)
  (locked
   a
   (λ ()
     (unless (agent-over? a)
       (set-agent-deadline! a 2)
       (with-handlers ([exn:fail:agent? void])
         (exchange! a "shutdown" #"")))
     (set-agent-over?! a #t)
     (close-dealer! (agent-dealer a)))))

;; ---------------------------------------------------------------------------------- exchange

(define (locked a thunk)
  (call-with-semaphore (agent-lock a) (λ () (with-own-errors a thunk))))

;; Everything that goes wrong below becomes one line in an exn:fail:agent.
(define (with-own-errors a thunk)
  (with-handlers ([exn:fail:zmq? (λ (e) (agent-error "~a" (exn-message e)))]
                  [exn:fail:message?
                   (λ (e) (agent-error "a message between engine and agent at ~a is wrong: ~a"
                                       (agent-endpoint a) (exn-message e)))])
    (thunk)))

(define (say-hello! a)
  (hash-clear! (agent-sent a))
  (set-agent-closed! a '())
  (define-values (header body) (exchange!/form a "hello" #"" (agent-hello-form a)))
  (unless (stop? a header)
    (refuse-error a header)
    (set-agent-reply! a header)
    (set-agent-deadline! a (hash-ref header 'deadline_s))))

;; A request without choices; said again after a hello if the agent was restarted.
(define (simple-request! a type body pairs)
  (locked
   a
   (λ ()
     (let retry ([tries 3])
       (define-values (header reply-body) (apply exchange! a type body pairs))
       (cond
         [(and (error-code? header "unknown_session") (positive? tries))
          (say-hello! a)
          (retry (sub1 tries))]
         [else
          (refuse-error a header)
          header])))))

;; A request whose body carries choices. `needed` gives the indices that the agent must hold; those
;; that it does not are sent, ancestors first. After unknown_session everything counts as unsent;
;; after unknown_choices the named ones do. What is too long for one body goes ahead in `scores`
;; requests for one choice each, whose lines the agent keeps.
(define (exchange-choices! a needed text parent exchange)
  (let retry ([tries 4])
    (define unsent (take-unsent! a (needed) parent))
    (define-values (header body)
      (with-handlers ([(λ (_) #t) (λ (e) (forget-sent! a unsent) (raise e))])
        (let send ([parts (bodies-of unsent text)])
          (define lines (choice-lines (first parts) parent text))
          (cond
            [(null? (rest parts)) (exchange lines)]
            [else
             (define-values (header body)
               (exchange! a "scores" lines (cons 'candidates (list (last (first parts))))))
             (if (equal? (hash-ref header 'type) "scores_reply")
                 (send (rest parts))
                 (values header body))]))))
    (define again? (positive? tries))
    (cond
      [(and again? (error-code? header "unknown_session"))
       (say-hello! a)
       (retry (sub1 tries))]
      [(and again? (error-code? header "unknown_choices") (hash-has-key? header 'choices))
       (forget-sent! a (hash-ref header 'choices))
       (retry (sub1 tries))]
      [else
       (refuse-error a header)
       (values header body)])))

;; The indices in parts, in their order, whose lines fit into a body each; at least one part.
(define (bodies-of indices text)
  (let fill ([indices indices] [part '()] [size 0])
    (define line (if (null? indices) 0 (+ 33 (bytes-length (text (first indices))))))
    (cond
      [(null? indices) (list (reverse part))]
      [(and (pair? part) (> (+ size line) body-limit)) (cons (reverse part) (fill indices '() 0))]
      [else (fill (rest indices) (cons (first indices) part) (+ size line))])))

(define (forget-sent! a indices)
  (for ([index (in-list indices)])
    (hash-remove! (agent-sent a) index)))

;; The unsent ones of the indices, each after its unsent ancestors; they count as sent from now on.
(define (take-unsent! a indices parent)
  (define sent (agent-sent a))
  (define (take index out) ; `out` has the latest first
    (cond
      [(or (not index) (hash-ref sent index #f)) out]
      [else
       (hash-set! sent index #t)
       (cons index (take (parent index) out))]))
  (reverse (for/fold ([out '()]) ([index (in-list indices)])
             (take index out))))

(define (exchange! a type body . pairs)
  (exchange!/form a type body (cons (cons 'session (agent-session a)) pairs)))

;; Sends one request and waits for its reply: header and body. The deadline starts anew whenever
;; the agent says that it is working on the request.
(define (exchange!/form a type body pairs)
  (define id (agent-next-id a))
  (set-agent-next-id! a (add1 id))
  (define frames (list (apply build type (cons 'id id) pairs) body))
  (when (> (bytes-length body) body-limit)
    (agent-error "a ~a request has ~a bytes of choices, the limit is ~a"
                 type (bytes-length body) body-limit))
  (define dealer (agent-dealer a))
  (define (now) (/ (current-inexact-milliseconds) 1000.0))
  (dealer-send! dealer frames)
  (let wait ([until (+ (now) (agent-deadline a))] [resend-at (+ (now) first-resend)]
             [pause first-resend])
    (define received (dealer-receive! dealer (max 0.0 (- (min until resend-at) (now)))))
    (cond
      [received
       (define-values (header reply-body) (parse received))
       (cond
         [(equal? (hash-ref header 'type) "reward") (wait until resend-at pause)]
         [(not (equal? (hash-ref header 'id id) id)) (wait until resend-at pause)]
         [(equal? (hash-ref header 'type) "working")
          (wait (+ (now) (hash-ref header 'deadline_s)) resend-at pause)]
         [(member (hash-ref header 'type) (list (string-append type "_reply") "error" "shutdown"))
          (values header reply-body)]
         [else (agent-error "the agent answered a ~a request with ~a"
                            type (hash-ref header 'type))])]
      [(>= (now) until)
       (agent-error "the agent at ~a did not answer a ~a request within ~a s: is it running~a?"
                    (agent-endpoint a) type (agent-deadline a)
                    (if (agent-key a) (format ", and does it list the key of ~a" (agent-key a)) ""))]
      [else
       (dealer-send! dealer frames)
       (define longer (min last-resend (* 2 pause)))
       (wait until (+ (now) longer) longer)])))

;; ---------------------------------------------------------------------------------- replies

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

(define (split-at-most lst n)
  (if (> (length lst) n) (split-at lst n) (values lst '())))

(define (parts-of lst n)
  (if (null? lst)
      '()
      (let-values ([(part more) (split-at-most lst n)])
        (cons part (parts-of more n)))))
