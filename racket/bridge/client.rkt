#lang racket/base
;; The engine's side of the protocol: each request of it as a procedure, and which choices the agent
;; has to be sent for it. How a request travels is in exchange.rkt.

(require racket/contract/base (only-in racket/math natural?))

(provide
 (struct-out exn:fail:agent)
 (struct-out exn:fail:agent:answer)
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
                              #:answer bytes?)
                      (#:facts hash?)
                      (values (or/c 'queued 'held 'known 'shutdown) (or/c real? #f)))]
  [agent-episode-end! (-> agent? #:episode natural? #:outcome symbol?
                          (or/c natural? #f 'shutdown))]
  [agent-scores! (-> agent? #:candidates list? #:text procedure? #:parent procedure?
                     (listof (cons/c natural? flonum?)))]
  [agent-use-scorer! (-> agent? string? string?)]
  [disconnect-agent! (-> agent? void?)]))

(require racket/list "exchange.rkt" "keys.rkt" "messages.rkt" "zmq.rkt")

(define engine-name "architecto 0.1.0")

;; The agent does not take an answer: the problem and the agent's evaluator do not fit.
(struct exn:fail:agent:answer exn:fail:agent ())

;; Closed indices in one header: leaves room for 4,096 candidates within the header's limit.
(define closed-limit 2048)

;; ---------------------------------------------------------------------------------- requests

;; Connects and says hello; `hello` is a hash with the problem's name, its task and its facts, under
;; these symbols. `key` is the file of the engine's keys (keys.rkt), which tcp needs.
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
           (for/list ([key (in-list '(problem task facts))])
             (cons key (hash-ref hello key
                                 (λ () (agent-error "hello needs the field ~a" key)))))))
  (define a (agent endpoint key dealer session hello-form (make-semaphore 1) (make-hasheqv)
                   deadline 1 #hasheq() '() #f))
  (with-handlers ([(λ (_) #t) (λ (e) (close-dealer! dealer) (raise e))])
    (locked a (λ () (say-hello! a))))
  a)

;; The latest hello_reply of the agent; empty if it told the engine to stop instead.
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

;; Hands over the text of an answer that was found, and a hash of facts about it, from symbols to
;; JSON values. Gives its status and, if it is known, its reward.
(define (agent-answer! a #:episode episode #:step step #:index index #:answer answer
                       #:facts [facts #hasheq()])
  (define header
    (simple-request! a "answer" answer
                     (list* (cons 'episode episode) (cons 'step step) (cons 'index index)
                            (if (hash-empty? facts) '() (list (cons 'facts facts))))
                     #:refuse (λ (header) (refuse-answer a header answer))))
  (define status (hash-ref header 'status "held"))
  (cond
    [(stop? a header) (values 'shutdown #f)]
    [(member status statuses) (values (string->symbol status) (hash-ref header 'reward #f))]
    [else (values 'held #f)])) ; a word of later days

(define (refuse-answer a header answer)
  (when (error-code? header "bad_body")
    (define text (bytes->string/utf-8 answer #\?))
    (agent-error #:make exn:fail:agent:answer "the agent does not take the answer ~a: ~a"
                 (if (> (string-length text) 300) (string-append (substring text 0 297) "...") text)
                 (hash-ref header 'message)))
  (refuse-error a header))

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

;; A request without choices; said again after a hello if the agent was restarted. (refuse HEADER)
;; raises what an error in reply means.
(define (simple-request! a type body pairs #:refuse [refuse (λ (header) (refuse-error a header))])
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
          (refuse header)
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
  (let fill ([indices indices] [part '()] [size 0] [lines 0])
    (define line (if (null? indices) 0 (+ 33 (bytes-length (text (first indices))))))
    (cond
      [(null? indices) (list (reverse part))]
      [(and (pair? part) (or (> (+ size line) body-limit) (= lines lines-limit)))
       (cons (reverse part) (fill indices '() 0 0))]
      [else (fill (rest indices) (cons (first indices) part) (+ size line) (add1 lines))])))

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

(define (split-at-most lst n)
  (if (> (length lst) n) (split-at lst n) (values lst '())))

(define (parts-of lst n)
  (if (null? lst)
      '()
      (let-values ([(part more) (split-at-most lst n)])
        (cons part (parts-of more n)))))
