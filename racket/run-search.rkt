#lang racket/base
;; The command line of an engine: searches for a problem's answers under the guidance of the agent at
;; an endpoint. Exit status: 0 the agent said stop, or nothing is left to be found; 2 a mistake of the
;; user's, one line on standard error; 130 Ctrl-C; 1 anything else. With --end-with-stdin it ends when
;; its standard input closes, which whoever starts it as a child wants.

(require json racket/cmdline racket/os racket/string
         "bridge/client.rkt" "networks/problem.rkt" "search/episode.rkt" "search/frontier.rkt"
         "search/problem.rkt" "search/strategy.rkt" "search/user-file.rkt")

(define default-space "cnn")

;; What the command line gives: a hasheq from names to values of the engine's own options, and one of
;; those that a space has.
(define (parse arguments)
  (define own (make-hasheq))
  (define of-space (make-hasheq))
  (define ((keep! name [read values]) flag given) (hash-set! own name (read given)))
  (define ((note! name) flag) (hash-set! own name #t))
  (define (seconds flag)
    (λ (given)
      (define n (string->number given))
      (unless (exact-nonnegative-integer? n)
        (mistake "~a: expected a whole number of at least 0, got '~a'" flag given))
      (max 1 n)))
  (define flags
    `([("--connect") ,(keep! 'connect)
                     ("endpoint of the agent, such as ipc:///tmp/x/agent" "ENDPOINT")]
      [("--key") ,(keep! 'key)
                 ("file of this engine's keys, for an agent at tcp://ADDRESS:PORT" "FILE")]
      [("--deadline") ,(keep! 'deadline (seconds "--deadline"))
                      ("seconds to wait for the agent at the start (default 60)" "N")]
      [("--session") ,(keep! 'session)
                     ("name of this engine at the agent, its own alone (default: of host and process)"
                      "NAME")]
      [("--problem") ,(keep! 'problem)
                     ("a .rkt file with a problem or a space in it, or a space's name" "FILE")]
      [("--task") ,(keep! 'task) ("the task that the scorer reads (default: the problem's own)"
                                  "SENTENCE")]
      [("--strategy") ,(keep! 'strategy)
                      (,(format "~a, or a .rkt file with one (default descend)"
                                (string-join (strategy-names) ", "))
                       "NAME")]
      [("--end-with-stdin") ,(note! 'end-with-stdin)
                            ("end with status 1 when standard input closes")]
      [("--describe") ,(note! 'describe) ("print the problem's name, task and facts as JSON and end")]
      [("--feasible") ,(note! 'feasible) ("print one answer and end; status 2 if there is none")]
      [("--timeout") ,(keep! 'timeout (seconds "--timeout"))
                     ("seconds that --feasible may take (default 60)" "N")]
      [("--space") ,(keep! 'space)
                   (,(format "a space's name, or a .rkt file with one (default ~a)" default-space)
                    "SPACE")]
      ,@(for/list ([o (in-list space-options)])
          (define flag (format "--~a" (option-name o)))
          (define (set given) (hash-set! of-space (option-name o) (option-value o flag given)))
          (if (option-metavar o)
              `[(,flag) ,(λ (_ given) (set given)) (,(option-help o) ,(option-metavar o))]
              `[(,flag) ,(λ (_) (set #t)) (,(option-help o))]))))
  (parse-command-line "run-search" arguments `((once-each ,@flags)) (λ (positions) #t) '())
  (values own of-space))

(define (main arguments)
  (define-values (own of-space) (parse arguments))
  (define (given name [default #f]) (hash-ref own name default))
  (when (and (given 'problem) (given 'space)) (mistake "expected one of --problem and --space"))
  (define found
    (if (given 'problem)
        (find-problem (given 'problem) of-space)
        (space-problem (given 'space default-space) of-space)))
  (define p (if (given 'task) (with-task found (given 'task)) found))
  (define strategy (load-strategy (given 'strategy "descend")))
  (cond
    [(given 'describe) (describe p)]
    [else
     (define f (call-with-user-code (problem-where p) (λ () (problem-frontier p))))
     (cond
       [(given 'feasible) (print-one p f (given 'timeout 60))]
       [(given 'connect) (search p f strategy (connect p given))]
       [else (mistake "expected --connect ENDPOINT, --feasible or --describe")])]))

(define (describe p)
  (define (json value) (jsexpr->string value))
  (printf "{\"problem\":~a,\"task\":~a,\"facts\":~a}\n" (json (problem-name p))
          (json (problem-task p)) (json (problem-facts p))))

;; The first answer that is found, going on with the choice that has waited longest.
(define (print-one p f seconds)
  (void (thread (λ ()
                  (sleep seconds)
                  (user-mistake
                   (format "no answer of ~a is found within ~a seconds; more: --timeout"
                           (problem-name p) seconds)))))
  (call-with-user-code
   (problem-where p)
   (λ ()
     (let loop ()
       (define i (oldest-choice f))
       (cond
         [(not i) (mistake "~a" (problem-no-answer p))]
         [(eq? (expand f i) 'answer)
          (write-bytes ((problem-answer->text p) (newest-answer f)))
          (newline)]
         [else (loop)])))))

;; ---------------------------------------------------------------------------------- with an agent

(define (connect p given)
  (define session (given 'session (fresh-name)))
  (unless (regexp-match? #px"^[A-Za-z0-9._-]{1,64}$" session)
    (mistake "--session: expected 1 to 64 of letters, digits, dot, underscore, hyphen, got '~a'"
             session))
  (when (given 'end-with-stdin) (end-with-standard-input))
  (asking p (λ () (connect-agent (given 'connect) #:session session #:hello (problem-hello p)
                                 #:deadline (given 'deadline 60) #:key (given 'key)))))

;; The result of (work), which asks the agent; what goes wrong there ends the engine with one line.
(define (asking p work)
  (with-handlers ([exn:fail:agent:answer?
                   (λ (e) (mistake "~a: ~a" (or (problem-where p) (problem-name p))
                                   (exn-message e)))]
                  [exn:fail:agent? (λ (e) (eprintf "run-search: ~a\n" (exn-message e)) (exit 1))])
    (work)))

;; A session's name that no other engine of the agent has.
(define (fresh-name)
  (define host (regexp-replace* #rx"[^A-Za-z0-9._-]" (gethostname) "-"))
  (format "~a-~a-~a" (substring host 0 (min 32 (string-length host))) (getpid)
          (number->string (random #x1000000) 16)))

;; A process that starts an engine holds its standard input open; when it dies, the engine goes too.
(define (end-with-standard-input)
  (thread (λ ()
            (let loop ()
              (unless (eof-object? (read-bytes 1024)) (loop)))
            (exit 1))))

(define (search p f strategy agent)
  (define-syntax-rule (ask question) (asking p (λ () question)))
  (define (stop-or result) (if (eq? result 'shutdown) 'stop result))
  (define (pick episode step candidates new closed)
    (stop-or
     (ask (agent-choose! agent #:episode episode #:step step #:candidates candidates #:new new
                         #:closed closed
                         #:text (λ (i) (choice-text f i))
                         #:parent (λ (i) (choice-parent f i))
                         #:open (λ () (choices f))))))
  (define (answer episode step index found)
    (define text ((problem-answer->text p) found))
    (define facts ((problem-answer-facts p) found))
    (define-values (status reward)
      (ask (agent-answer! agent #:episode episode #:step step #:index index #:answer text
                          #:facts facts)))
    (stop-or status))
  (define (end episode outcome)
    (stop-or (ask (agent-episode-end! agent #:episode episode #:outcome outcome))))
  (define result
    (call-with-user-code
     (problem-where p)
     (λ () (run-episodes f strategy (guide pick answer end)
                         #:first (hash-ref (agent-hello agent) 'episode 0)))))
  (ask (disconnect-agent! agent))
  (displayln (if (eq? result 'exhausted) "nothing is left to be found" "the agent said stop")))

(define (user-mistake message)
  (eprintf "run-search: ~a\n" (regexp-replace* #rx"^run-search: | +$" message ""))
  (exit 2))

(module+ main
  (with-handlers ([exn:break? (λ (e) (exit 130))]
                  [exn:fail:user? (λ (e) (user-mistake (exn-message e)))])
    (main (current-command-line-arguments))))
