#lang racket/base
;; The REPL debugger: walk down a guided search by hand, look at the choices, go back, and ask the
;; agent for its scores.

(require racket/lazy-require racket/runtime-path racket/string
         "networks/problem.rkt"
         (rename-in (except-in "search/frontier.rkt" choices) [answers frontier-answers])
         "search/problem.rkt" "search/user-file.rkt")
(lazy-require ["bridge/agent-process.rkt" (start-agent agent-process-endpoint stop-agent!)]
              ["bridge/client.rkt"
               (connect-agent agent-scores! disconnect-agent! exn:fail:agent?)])
(provide start choices choose! undo! answers show connect! scores disconnect!)

;; A Walk is a cursor in a frontier: `at` is the choice whose children are open to choose from, `path`
;; the choices above it (newest first). Undo moves the cursor and forgets nothing. `agent` is #f, or
;; the connection and the process that (connect! walk) made.
(struct walk (problem frontier [at #:mutable] [path #:mutable] [agent #:mutable])
  #:property prop:custom-write
  (λ (w out mode)
    (fprintf out "#<walk ~a: ~a choices, ~a answers>" (problem-name (walk-problem w))
             (length (open-at w)) (length (answers w)))))

;; Starts a walk: (start PROBLEM), (start (query (VARIABLE …) GOAL …)), (start "FILE.rkt") with a
;; problem or a space in it, or (start 'SPACE #:input '(C H W) #:classes N #:max-QUANTITY N …).
(define start
  (make-keyword-procedure
   (λ (keywords values what) (walk-from what (options-of keywords values)))
   (λ (what) (walk-from what #hasheq()))))

(define (walk-from what options)
  (define p
    (cond
      [(or (symbol? what) (string? what))
       (find-problem (if (symbol? what) (symbol->string what) what) options)]
      [(not (or (problem? what) (query? what)))
       (mistake "start: expected a problem, a query, a space's name or a file's path, got ~.s" what)]
      [(not (hash-empty? options)) (mistake "start: options are for spaces alone")]
      [(query? what) (query->problem what)]
      [else what]))
  (call-with-user-code
   (problem-where p)
   (λ ()
     (define f (problem-frontier p))
     (when (eq? 'answer (expand f 0)) (print-answer f))
     (walk p f 0 '() #f))))

;; Keywords and their values as a hasheq; what is #f counts as not given.
(define (options-of keywords given)
  (for/hasheq ([keyword (in-list keywords)] [value (in-list given)] #:when value)
    (define name (string->symbol (keyword->string keyword)))
    (define o (findf (λ (o) (eq? name (option-name o))) space-options))
    (unless o
      (mistake "start: unknown option ~a: expected one of ~a" keyword
               (string-join (for/list ([o (in-list space-options)]) (format "#:~a" (option-name o)))
                            ", ")))
    (values name (option-value o (format "start: ~a" keyword) value))))

(define (open-at w)
  (define f (walk-frontier w))
  (define at (walk-at w))
  (case (choice-status f at)
    [(unexpanded) (list at)]
    [(expanded) (open-children f at)]
    [else '()]))

;; Prints the choices that can be chosen now, each with its index: the answer as far as it is known.
;; (show w i) prints all of a choice.
(define (choices w)
  (define open (open-at w))
  (if (null? open)
      (printf "nothing is left below this choice; go back with (undo! s)\n")
      (for ([i (in-list open)]) (print-line w i ""))))

(define (print-line w i prefix)
  (printf "~a~a  ~a\n" prefix (pad i) (shorten (summary w i))))

(define (pad i)
  (define s (number->string i))
  (string-append (make-string (max 0 (- 4 (string-length s))) #\space) s))

(define (summary w i)
  ((problem-choice-summary (walk-problem w)) (choice-term (walk-frontier w) i)))

;; The end of a long line says what the choice adds.
(define width 110)
(define (shorten s)
  (if (> (string-length s) width)
      (string-append "… " (substring s (- (string-length s) (- width 2))))
      s))

(define (show w i)
  (check-index 'show w i (λ (i) (not (eq? 'closed (choice-status (walk-frontier w) i)))))
  (printf "~a\n" (choice-text (walk-frontier w) i)))

;; Chooses one of the choices by its index, expands it and prints what comes next.
(define (choose! w i)
  (check-index 'choose! w i (λ (i) (memv i (open-at w))))
  (define f (walk-frontier w))
  (define outcome (call-with-user-code (problem-where (walk-problem w)) (λ () (expand f i))))
  (case outcome
    [(choices unfinished)
     (set-walk-path! w (cons (walk-at w) (walk-path w)))
     (set-walk-at! w i)
     (choices w)]
    [(answer) (print-answer f)]
    [else (printf "dead end: nothing is left below choice ~a\n" i)]))

(define (print-answer f) (printf "answer: ~s\n" (newest-answer f)))

(define (check-index who w i good?)
  (unless (and (exact-nonnegative-integer? i) (choice-open? (walk-frontier w) i) (good? i))
    (define open (open-at w))
    (raise-user-error
     who "no choice ~s here; ~a" i
     (if (null? open)
         "nothing is left below this choice, go back with (undo! s)"
         (format "the choices are ~a" (string-join (map number->string open) " "))))))

;; Goes back to the choices before the last choose!. What was expanded stays known.
(define (undo! w)
  (cond
    [(null? (walk-path w)) (printf "this is the start of the walk\n")]
    [else
     (set-walk-at! w (car (walk-path w)))
     (set-walk-path! w (cdr (walk-path w)))
     (choices w)]))

;; The answers found so far.
(define (answers w) (frontier-answers (walk-frontier w)))

;; -- the agent --------------------------------------------------------------------------------------

;; Starts the Python agent with a scorer, and says hello. The REPL's other threads go on meanwhile,
;; and Ctrl-C ends the wait. The scorer reads the problem's task, or the one that is given.
(define (connect! w #:scorer [scorer "transformer"] #:task [task #f])
  (define p (walk-problem w))
  (define hello (problem-hello (if task (with-task p task) p)))
  (disconnect! w)
  (printf "starting the agent with scorer ~a (loading PyTorch takes some seconds)\n" scorer)
  (with-one-line
   (λ ()
     (define process
       (start-agent #:python python
                    #:arguments (list "--scorer" scorer)))
     (define agent
       (with-handlers ([void (λ (e) (stop-agent! process) (raise e))])
         (connect-agent (agent-process-endpoint process) #:session "repl"
                        #:hello hello)))
     (set-walk-agent! w (cons agent process))
     (printf "connected; (scores s) asks for the scores of the open choices\n"))))

(define-runtime-path python "../.venv/bin/python")

;; What an agent says in an error is for a person: one line, no context.
(define (with-one-line thunk)
  (with-handlers ([exn:fail:agent? (λ (e) (raise-user-error (exn-message e)))])
    (thunk)))

;; Prints the agent's score for each choice that can be chosen now, best first.
(define (scores w)
  (unless (walk-agent w)
    (raise-user-error 'scores "no agent is connected; start one with (connect! s)"))
  (define f (walk-frontier w))
  (define scored
    (with-one-line
     (λ ()
       (agent-scores! (car (walk-agent w)) #:candidates (open-at w)
                      #:text (λ (i) (choice-text f i))
                      #:parent (λ (i) (choice-parent f i))))))
  (for ([p (in-list (sort scored > #:key cdr))])
    (print-line w (car p) (string-append (real->decimal-string (cdr p) 4) "  "))))

(define (disconnect! w)
  (when (walk-agent w)
    (disconnect-agent! (car (walk-agent w)))
    (stop-agent! (cdr (walk-agent w)))
    (set-walk-agent! w #f)))
