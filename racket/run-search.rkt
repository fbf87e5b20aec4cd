#lang racket/base
;; The command line of an engine: searches a space under the guidance of the agent at an endpoint.
;; Exit status: 0 the agent said stop, or the space is exhausted; 2 a user's mistake, one line on
;; standard error; 130 Ctrl-C; 1 anything else. With --end-with-stdin it ends when its standard input
;; closes, which whoever starts it as a child wants.

(require racket/cmdline racket/list racket/os racket/string
         "bridge/client.rkt" "networks/budget.rkt" "networks/search.rkt" "networks/space.rkt"
         "search/episode.rkt" "search/frontier.rkt" "search/strategy.rkt")

(define (user-mistake message . arguments)
  (eprintf "run-search: ~a\n" (apply format message arguments))
  (exit 2))

(define (parse-natural flag text)
  (define n (string->number text))
  (unless (exact-nonnegative-integer? n)
    (user-mistake "~a: expected a whole number of at least 0, got '~a'" flag text))
  n)

(define (parse-shape text)
  (define sizes (map string->number (string-split text "," #:trim? #f)))
  (unless (and (= 3 (length sizes)) (andmap exact-positive-integer? sizes))
    (user-mistake "--input: expected three sizes C,H,W of at least 1, got '~a'" text))
  sizes)

(define (main arguments)
  (define endpoint #f)
  (define key #f)
  (define deadline 60)
  (define session #f)
  (define name "cnn")
  (define input #f)
  (define classes #f)
  (define budgets '())
  (define strategy-name 'descend)
  (define feasible? #f)
  (define keys? #f)
  (define end-with-stdin? #f)
  (define (at-most! quantity text)
    (define most (parse-natural (format "--max-~a" quantity) text))
    (set! budgets (cons (list quantity 0 most) budgets)))
  (command-line
   #:program "run-search" #:argv arguments
   #:once-each
   [("--connect") e "endpoint of the agent, such as ipc:///tmp/x/agent" (set! endpoint e)]
   [("--key") f "file of this engine's keys, for an agent at tcp://ADDRESS:PORT" (set! key f)]
   [("--deadline") n "seconds to wait for the agent at the start (default 60)"
                   (set! deadline (max 1 (parse-natural "--deadline" n)))]
   [("--session") s "name of this engine at the agent, its own alone (default: of host and process)"
                  (set! session s)]
   [("--space") s "a space's name, or the path of a .rkt file (default cnn)" (set! name s)]
   [("--input") s "shape of an image, C,H,W (default: the space's own)"
                (set! input (parse-shape s))]
   [("--classes") n "number of classes (default: the space's own)"
                  (set! classes (parse-natural "--classes" n))]
   [("--max-params") n "at most so many parameters (default: the space's own)"
                     (at-most! 'params n)]
   [("--max-macs") n "at most so many multiply-adds for one image (default: the space's own)"
                   (at-most! 'macs n)]
   [("--max-activations") n "at most so many numbers that all layers give (default: the space's own)"
                          (at-most! 'activations n)]
   [("--max-depth") n "at most so many layers (default: the space's own)" (at-most! 'depth n)]
   [("--strategy") s "descend, best-first or fair (default descend)"
                   (set! strategy-name (string->symbol s))]
   [("--end-with-stdin") "end with status 1 when standard input closes"
                         (set! end-with-stdin? #t)]
   [("--table-keys") "tell the agent the name of each network in the space's table of results"
                     (set! keys? #t)]
   [("--feasible") "print one architecture within the budget and end; status 2 if there is none"
                   (set! feasible? #t)])
  (define space
    (with-handlers ([exn:fail:space? (λ (e) (user-mistake "~a" (exn-message e)))])
      (load-space name)))
  (unless (memq strategy-name strategy-names)
    (user-mistake "unknown strategy '~a': expected one of ~a" strategy-name strategy-names))
  (when (and keys? (not (space-table-key space)))
    (user-mistake "space ~a names no table of results: expected #:table-key in its define-space"
                  (space-name space)))
  (define shape (or input (space-input space)))
  (define outputs (or classes (space-classes space)))
  (define (in-space work) (call-with-space name work (λ (message) (user-mistake "~a" message))))
  (define f
    (in-space
     (λ () (space-frontier space #:input shape #:classes outputs #:budgets budgets))))
  (cond
    [feasible? (in-space (λ () (print-one f space shape outputs budgets)))]
    [(not endpoint) (user-mistake "expected --connect ENDPOINT, or --feasible")]
    [else
     (unless (or (not session) (regexp-match? #px"^[A-Za-z0-9._-]{1,64}$" session))
       (user-mistake
        "--session: expected 1 to 64 of letters, digits, dot, underscore, hyphen, got '~a'"
        session))
     (when end-with-stdin? (end-with-standard-input))
     (define hello
       (hash 'problem (symbol->string (space-name space))
             'task (format "categorize ~ax~ax~a images into ~a categories"
                           (second shape) (third shape) (first shape) outputs)
             'facts (hash 'space (symbol->string (space-name space)) 'input shape
                          'classes outputs)))
     (define agent (asking name (λ () (connect-agent endpoint #:session (or session (fresh-name))
                                                     #:hello hello
                                                     #:deadline deadline #:key key))))
     (in-space
      (λ () (search name f (make-strategy strategy-name f) agent
                    (if keys? (space-table-key space) (λ (architecture) #f)))))]))

;; The result of (work), which asks the agent; what goes wrong there ends the engine with one line.
(define (asking name work)
  (with-handlers ([exn:fail:agent:answer?
                   (λ (e) (user-mistake "~a: ~a" name (exn-message e)))]
                  [exn:fail:agent? (λ (e) (eprintf "run-search: ~a\n" (exn-message e)) (exit 1))])
    (work)))

;; A session's name that no other engine of the agent has.
(define (fresh-name)
  (define host (regexp-replace* #rx"[^A-Za-z0-9._-]" (gethostname) "-"))
  (format "~a-~a-~a" (substring host 0 (min 32 (string-length host))) (getpid)
          (number->string (random #x1000000) 16)))

(define (print-one f space shape classes budgets)
  (let loop ()
    (define i (oldest-choice f))
    (cond
      [(not i)
       (user-mistake
        "no network of space ~a takes ~a to ~a classes with ~a; raise the budget"
        (space-name space) (string-join (map number->string shape) "x") classes
        (budgets->text (with-budgets budgets (space-budgets space))))]
      [(eq? (expand f i) 'answer)
       (write-bytes (architecture->text (first (newest-answer f))))
       (newline)]
      [else (loop)])))

;; A process that starts an engine holds its standard input open; when it dies, the engine goes too.
(define (end-with-standard-input)
  (thread (λ ()
            (let loop ()
              (unless (eof-object? (read-bytes 1024)) (loop)))
            (exit 1))))

(define (search name f s agent table-key)
  (define-syntax-rule (ask question) (asking name (λ () question)))
  (define (stop-or result) (if (eq? result 'shutdown) 'stop result))
  (define (pick episode step candidates new closed)
    (stop-or
     (ask (agent-choose! agent #:episode episode #:step step #:candidates candidates #:new new
                         #:closed closed
                         #:text (λ (i) (choice-text f i))
                         #:parent (λ (i) (choice-parent f i))
                         #:open (λ () (choices f))))))
  (define (answer episode step index term)
    (define text (architecture->text (first term)))
    (define key (table-key (first term)))
    (define parameters (and (exact-nonnegative-integer? (second term)) (second term)))
    (define facts
      (for/hasheq ([(name value) (in-hash (hasheq 'parameters parameters 'table_key key))]
                   #:when value)
        (values name value)))
    (define-values (status reward)
      (ask (agent-answer! agent #:episode episode #:step step #:index index #:answer text
                          #:facts facts)))
    (stop-or status))
  (define (end episode outcome)
    (stop-or (ask (agent-episode-end! agent #:episode episode #:outcome outcome))))
  (define result
    (run-episodes f s (guide pick answer end)
                  #:first (hash-ref (agent-hello agent) 'episode 0)))
  (ask (disconnect-agent! agent))
  (displayln (if (eq? result 'exhausted) "the space is exhausted" "the agent said stop")))

(module+ main
  (with-handlers ([exn:break? (λ (e) (exit 130))])
    (main (current-command-line-arguments))))
