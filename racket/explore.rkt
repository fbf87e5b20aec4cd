#lang racket/base
;; The REPL debugger: walk down a guided search by hand, look at the choices, go back, and ask the
;; agent for its scores.

(require racket/contract/base racket/lazy-require racket/match racket/runtime-path
         racket/string
         "networks/budget.rkt" "networks/search.rkt" "networks/space.rkt"
         (rename-in (except-in "search/frontier.rkt" choices) [answers frontier-answers]))
(lazy-require ["bridge/agent-process.rkt" (start-agent agent-process-endpoint stop-agent!)]
              ["bridge/client.rkt"
               (connect-agent agent-scores! disconnect-agent! exn:fail:agent?)])
(provide
 (contract-out
  [start (->* ((or/c symbol? string?))
              (#:input (or/c #f (list/c exact-positive-integer? exact-positive-integer?
                                        exact-positive-integer?))
               #:classes (or/c #f exact-positive-integer?)
               #:max-params (or/c #f exact-nonnegative-integer?)
               #:max-macs (or/c #f exact-nonnegative-integer?)
               #:max-activations (or/c #f exact-nonnegative-integer?)
               #:max-depth (or/c #f exact-nonnegative-integer?))
              walk?)])
 choices choose! undo! answers show connect! scores disconnect!)

;; A Walk is a cursor in a frontier: `at` is the choice whose children are open to choose from, `path`
;; the choices above it (newest first). Undo moves the cursor and forgets nothing. `agent` is #f, or
;; the connection and the process that (connect! walk) made.
(struct walk (space shape classes frontier [at #:mutable] [path #:mutable] [agent #:mutable])
  #:property prop:custom-write
  (λ (w out mode)
    (fprintf out "#<walk ~a: ~a choices, ~a answers>" (space-name (walk-space w))
             (length (open-at w)) (length (answers w)))))

;; Starts a walk through a space, by name ('cnn) or by the path of its file.
(define (start name #:input [input #f] #:classes [classes #f] #:max-params [params #f]
               #:max-macs [macs #f] #:max-activations [activations #f] #:max-depth [depth #f])
  (define space (load-space (if (symbol? name) (symbol->string name) name)))
  (define shape (or input (space-input space)))
  (define outputs (or classes (space-classes space)))
  (define budgets
    (for/list ([quantity (in-list quantities)] [most (in-list (list params macs activations depth))]
               #:when most)
      (list quantity 0 most)))
  (define f (space-frontier space #:input shape #:classes outputs #:budgets budgets))
  (define w (walk space shape outputs f 0 '() #f))
  (expand f 0)
  w)

(define (open-at w)
  (define f (walk-frontier w))
  (define at (walk-at w))
  (case (choice-status f at)
    [(unexpanded) (list at)]
    [(expanded) (open-children f at)]
    [else '()]))

;; Prints the choices that can be chosen now, each with its index: the architecture as far as it is
;; known. (show w i) prints all of a choice.
(define (choices w)
  (define open (open-at w))
  (if (null? open)
      (printf "nothing is left below this choice; go back with (undo! s)\n")
      (for ([i (in-list open)]) (print-line w i ""))))

(define (print-line w i prefix)
  (printf "~a~a  ~a\n" prefix (pad i) (shorten (describe (walk-frontier w) i))))

(define (pad i)
  (define s (number->string i))
  (string-append (make-string (max 0 (- 4 (string-length s))) #\space) s))

;; The layers so far: a choice's term is ((architecture INPUT LAYERS) PARAMETERS).
(define (describe f i)
  (define term (bytes->string/utf-8 (choice-term f i)))
  (match (read (open-input-string term))
    [(list (list 'architecture _ layers) _) (format "~s" layers)]
    [_ term]))

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
  (define outcome (expand f i))
  (case outcome
    [(choices unfinished)
     (set-walk-path! w (cons (walk-at w) (walk-path w)))
     (set-walk-at! w i)
     (choices w)]
    [(answer) (printf "answer: ~s\n" (newest-answer f))]
    [else (printf "dead end: no network is left below choice ~a\n" i)]))

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

;; The architectures found so far, each with its number of parameters.
(define (answers w) (frontier-answers (walk-frontier w)))

;; -- the agent --------------------------------------------------------------------------------------

;; Starts the Python agent with a scorer, and says hello. The REPL's other threads go on meanwhile,
;; and Ctrl-C ends the wait. The data set gives the task sentence that the scorer reads.
(define (connect! w #:scorer [scorer "transformer"] #:dataset [dataset "digits"])
  (disconnect! w)
  (define name (symbol->string (space-name (walk-space w))))
  (printf "starting the agent with scorer ~a (loading PyTorch takes some seconds)\n" scorer)
  (with-one-line
   (λ ()
     (define process
       (start-agent #:python python
                    #:arguments (list "--space" name "--dataset" dataset "--scorer" scorer)))
     (define agent
       (with-handlers ([void (λ (e) (stop-agent! process) (raise e))])
         (connect-agent (agent-process-endpoint process) #:session "repl"
                        #:hello (hash 'problem name 'task name
                                      'facts (hash 'space name 'input (walk-shape w)
                                                   'classes (walk-classes w))))))
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
