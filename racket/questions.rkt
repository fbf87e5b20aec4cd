#lang racket/base
;; The command line of questions about architectures and spaces: lines in, lines out.
;;   racket questions.rkt COMMAND [OPTION VALUE …] [FILE]
;; Exit status: 0 done, or all yes; 1 some no; 2 a mistake, said in one line on standard error.

(require racket/list racket/string
         "kanren/label.rkt" "networks/ask.rkt" "networks/edits.rkt" "networks/explain.rkt"
         "networks/extremes.rkt" "networks/sample.rkt" "networks/search.rkt" "networks/space.rkt"
         "networks/text.rkt" "networks/validity.rkt")

(define command "questions")
(define (mistake message . arguments)
  (eprintf "~a: ~a\n" command (apply format message arguments))
  (exit 2))

(define (say text) (write-string text) (newline))

;; -- options ----------------------------------------------------------------------------------------

(define numbers '("--classes" "--max-params" "--min-params" "--max-macs" "--min-macs"
                  "--max-activations" "--min-activations" "--max-depth" "--min-depth" "-n" "--seed"
                  "--timeout"))
(define texts '("--space" "--input" "--by"))

;; arguments -> hash of option -> value, and the list of the others
(define (parse arguments)
  (let loop ([arguments arguments] [options (hash)] [others '()])
    (cond
      [(null? arguments) (values options (reverse others))]
      [(equal? (car arguments) "--canonical")
       (loop (cdr arguments) (hash-set options "--canonical" #t) others)]
      [(member (car arguments) (append numbers texts))
       (define option (car arguments))
       (when (null? (cdr arguments)) (mistake "~a: expected a value behind it" option))
       (define text (cadr arguments))
       (define value (if (member option numbers) (natural option text) text))
       (loop (cddr arguments) (hash-set options option value) others)]
      [(and (string-prefix? (car arguments) "-") (not (equal? (car arguments) "-")))
       (mistake "unknown option ~a" (car arguments))]
      [else (loop (cdr arguments) options (cons (car arguments) others))])))

(define (natural option text)
  (define n (and (regexp-match? #px"^[0-9]{1,15}$" text) (string->number text)))
  (unless n (mistake "~a: expected a whole number of at least 0, got '~a'" option text))
  (when (and (= n 0) (member option '("-n" "--classes")))
    (mistake "~a: expected a whole number of at least 1, got 0" option))
  n)

(define (shape-of text)
  (define sizes (map (λ (t) (and (regexp-match? #px"^[0-9]{1,6}$" t) (string->number t)))
                     (string-split text "," #:trim? #f)))
  (unless (and (= 3 (length sizes)) (andmap (λ (n) (and n (>= n 1))) sizes))
    (mistake "--input: expected three sizes C,H,W of at least 1, got '~a'" text))
  sizes)

;; A Scope is what the options say: the space or #f, input and classes or #f, budgets (search.rkt).
(struct scope (space input classes budgets))

(define (scope-of options default)
  (define name (hash-ref options "--space" default))
  (define space
    (and name (with-handlers ([exn:fail:space? (λ (e) (mistake "~a" (exn-message e)))])
                (load-space name))))
  (define endless 1000000000000000)
  (define budgets
    (for*/list ([q (in-list '("params" "macs" "activations" "depth"))]
                [least (in-value (hash-ref options (string-append "--min-" q) #f))]
                [most (in-value (hash-ref options (string-append "--max-" q) #f))]
                #:when (or least most))
      (list (string->symbol q) (or least 0)
            (or most (if (and space (equal? q "params")) (space-max-params space) endless)))))
  (define input (and (hash-ref options "--input" #f) (shape-of (hash-ref options "--input"))))
  (scope space
         (or input (and space (space-input space)))
         (or (hash-ref options "--classes" #f) (and space (space-classes space)))
         budgets))

(define (frontier-of s [template #f] #:measured [measured #f])
  (space-frontier (scope-space s) #:input (scope-input s) #:classes (scope-classes s)
                  #:budgets (scope-budgets s) #:like (and template (like-template template))
                  #:measured measured))

;; A template's architectures, in the space or at all.
(define (template-frontier s template [more 1])
  (if (scope-space s)
      (frontier-of s template)
      (valid-frontier template (scope-classes s) more #:budgets (scope-budgets s))))

;; -- lines ------------------------------------------------------------------------------------------

(define longest-line (* 1024 1024))

;; Calls (answer line) for each line of FILE or standard input that is not empty.
(define (for-each-line others answer)
  (unless (= 1 (length others))
    (mistake "expected one file, or - for standard input, got ~a"
             (if (null? others) "none" (string-join others " "))))
  (define file (car others))
  (define in
    (if (equal? file "-")
        (current-input-port)
        (with-handlers ([exn:fail:filesystem? (λ (e) (mistake "the file ~a cannot be read" file))])
          (open-input-file file))))
  (let loop ()
    (define line (next-line in))
    (unless (eof-object? line)
      (unless (equal? "" (string-trim line)) (answer line))
      (loop))))

;; A line, cut where it is longer than any that is read.
(define (next-line in)
  (define out (open-output-bytes))
  (let loop ([n 0])
    (define b (read-byte in))
    (cond [(and (eof-object? b) (= n 0)) b]
          [(or (eof-object? b) (eqv? b 10))
           (bytes->string/utf-8 (get-output-bytes out) #\?)]
          [else (when (<= n longest-line) (write-byte b out)) (loop (add1 n))])))

(define status 0)
(define (worse! n) (set! status (max status n)))

;; Reads a line and calls (answer architecture); an unreadable one prints `error: …`.
(define (reading line holes? answer)
  (define architecture
    (with-handlers ([exn:fail:text? (λ (e) (say (format "error: ~a" (exn-message e))) (worse! 2) #f)])
      (read-architecture line #:holes? holes?)))
  (when architecture (answer architecture))
  (flush-output))

;; -- check, describe --------------------------------------------------------------------------------

;; #f, or why the architecture is not what the scope asks for
(define (refusal s architecture)
  (define input (cdr (second architecture)))
  (define wrong (explain architecture (scope-classes s)))
  (cond
    [wrong (if (scope-space s) (string-append "not valid: " wrong) wrong)]
    [(and (scope-input s) (not (equal? (scope-input s) input)))
     (format "the input: expects ~a, gets ~a" (shape->text (scope-input s)) (shape->text input))]
    [else
     (or (over-budget s architecture)
         (and (scope-space s)
              (null? (first-answers (frontier-of s architecture) 1))
              (not-in-space s architecture)))]))

(define (over-budget s architecture)
  (define costs (layers-cost (third architecture) (cdr (second architecture))))
  (define all
    (if (and (scope-space s) (not (assq 'params (scope-budgets s))))
        (cons `(params 0 ,(space-max-params (scope-space s))) (scope-budgets s))
        (scope-budgets s)))
  (for/or ([q (in-list '(params macs activations depth))] [cost (in-list costs)])
    (define budget (assq q all))
    (and budget
         (cond [(< cost (second budget))
                (format "valid, but ~a is ~a, at least ~a wanted" q cost (second budget))]
               [(> cost (third budget))
                (format "valid, but ~a is ~a, over the budget of ~a" q cost (third budget))]
               [else #f]))))

;; The first layer with which no network of the space begins.
(define (not-in-space s architecture)
  (define layers (third architecture))
  (define n
    (for/first ([n (in-range 1 (add1 (length layers)))]
                #:unless (begins? s (list 'architecture (second architecture)
                                          (append (take layers n) '_))))
      n))
  (define name (space-name (scope-space s)))
  (if n
      (format "valid, but not in space ~a: layer ~a, ~a, is not one that may stand there" name n
              (car (list-ref layers (sub1 n))))
      (format "valid, but not in space ~a: its networks do not end here" name)))

(define (begins? s template)
  (define found #f)
  (define outcome
    (for-each-answer (template-frontier s template) #:seconds 1 (λ (a) (set! found #t) #f)))
  (or found (eq? outcome 'timeout)))

(define (check options others)
  (define s (scope-of options #f))
  (for-each-line others
    (λ (line)
      (reading line #f
        (λ (architecture)
          (define why (refusal s architecture))
          (when why (worse! 1))
          (say (if why (string-append "no: " why) "yes")))))))

(define (describe options others)
  (define s (scope-of options #f))
  (for-each-line others
    (λ (line)
      (reading line #f
        (λ (architecture)
          (define input (cdr (second architecture)))
          (define-values (rows out) (trace (third architecture) input))
          (define why (explain architecture (scope-classes s)))
          (define (line . cells)
            (say (string-trim #:left? #f
                              (apply string-append
                                     (for/list ([c cells] [w '(8 34 16 12 0)])
                                       (define t (format "~a" c))
                                       (string-append t (make-string (max 1 (- w (string-length t)))
                                                                     #\space)))))))
          (line "layer" "" "output" "parameters" "MACs")
          (line "" "input" (shape->text input) "" "")
          (for ([r (in-list rows)])
            (line (row-number r) (shorten (format "~a" (row-layer r))) (shape->text (row-out r))
                  (first (row-costs r)) (second (row-costs r))))
          (cond
            [why (worse! 1) (say (string-append "no: " why))]
            [else
             (define costs (layers-cost (third architecture) input))
             (line "total" (format "~a layers, ~a activations" (fourth costs) (third costs))
                   (shape->text out) (first costs) (second costs))]))))))

(define (shorten t) (if (> (string-length t) 32) (string-append (substring t 0 31) "…") t))

;; -- sample, count, smallest, largest ---------------------------------------------------------------

(define (text-of answer) (bytes->string/utf-8 (architecture->text (first answer))))

(define (need-none others)
  (unless (null? others) (mistake "expected no file, got ~a" (string-join others " "))))

(define (sample options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define n (hash-ref options "-n" 1))
  (define seen (make-hash))
  (random-answers (frontier-of s) (hash-ref options "--seed" 0)
                  (λ (answer)
                    (define text (text-of answer))
                    (unless (hash-ref seen text #f)
                      (hash-set! seen text #t)
                      (say text))
                    (< (hash-count seen) n)))
  (when (< (hash-count seen) n)
    (eprintf "~a: the space holds ~a architectures, fewer than ~a\n" command (hash-count seen) n)))

(define (count-all options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define canonical
    (and (hash-ref options "--canonical" #f)
         (or (space-canonical (scope-space s))
             (mistake "space ~a has no canonical form" (space-name (scope-space s))))))
  (define seen (make-hash))
  (define outcome
    (for-each-answer (frontier-of s) #:seconds (hash-ref options "--timeout" 60)
                     (λ (answer)
                       (hash-set! seen (if canonical (canonical (first answer)) (text-of answer)) #t)
                       #t)))
  (say (format "~a~a" (if (eq? outcome 'timeout) "at least " "") (hash-count seen))))

;; Largest networks are seldom proven: nearly every network may still grow up to the budget.
(define ((extreme direction) options others)
  (need-none others)
  (define s (scope-of options "cnn"))
  (define by (string->symbol (hash-ref options "--by" "params")))
  (unless (memq by '(params macs)) (mistake "--by: expected params or macs, got '~a'" by))
  (define seconds (hash-ref options "--timeout" 10))
  (define-values (best proven?) (best-answer (frontier-of s #:measured by) direction seconds))
  (unless best
    (if proven?
        (mistake "the space holds no architecture within these budgets")
        (mistake "no architecture found within ~a seconds; more: --timeout" seconds)))
  (say (text-of best))
  (eprintf "~a: ~a ~a~a\n" command (third best) (if (eq? by 'params) "parameters" "MACs")
           (if proven? "" (format ", the best found in ~a seconds; more: --timeout" seconds))))

;; -- complete, repair, neighbours -------------------------------------------------------------------

;; Says each text once, up to n of them. -> a procedure (TEXT -> more wanted?) and one that gives how
;; many were said
(define (new-texts n)
  (define seen (make-hash))
  (values (λ (text)
            (unless (hash-ref seen text #f)
              (hash-set! seen text #t)
              (say text))
            (< (hash-count seen) n))
          (λ () (hash-count seen))))

(define (complete options others)
  (define s (scope-of options #f))
  (define n (hash-ref options "-n" 10))
  (for-each-line others
    (λ (line)
      (reading line #t
        (λ (template)
          (define-values (found said-count) (new-texts n))
          ;; outside a space the rest of a list grows longer step by step: short completions first
          (for ([more (in-range (if (scope-space s) 4 0) 5)] #:break (>= (said-count) n))
            (for-each-answer (template-frontier s template more)
                             #:seconds (hash-ref options "--timeout" 60)
                             (λ (answer) (found (text-of answer)))))
          (when (= 0 (said-count))
            (worse! 1)
            (eprintf "~a: nothing completes ~a\n" command (shorten line))))))))

;; A number that is changed outside a space becomes one within 4 of it, or a power of two up to 128.
(define (changed-numbers old)
  (remove* (list old)
           (sort (remove-duplicates (append (range (max 0 (- old 4)) (+ old 5))
                                            '(1 2 4 8 16 32 64 128)))
                 < #:key (λ (v) (abs (- v old))))))

;; Calls (found TEXT) for the architectures `changes` changes away, numbers near the old ones first,
;; until it gives #f. A template may give at most `most` of them.
(define (for-each-near s architecture changes seconds most found)
  (define given (bytes->string/utf-8 (architecture->text architecture)))
  (define end (+ (current-inexact-milliseconds) (* 1000 seconds)))
  (let/ec return
    (define (answer-all template)
      (define answers
        (with-handlers ([exn:fail:endless? (λ (e) '())])
          (first-answers (template-frontier s template 1) most #:seconds 2)))
      (for ([a (in-list answers)])
        (define text (text-of a))
        (unless (or (equal? text given) (found text)) (return 'stopped))))
    (let loop ([template (loosened architecture)] [changes changes])
      (when (> (current-inexact-milliseconds) end) (return 'timeout))
      (if (= changes 0)
          (answer-all template)
          (for ([e (in-list (edits template))])
            (define fill (edit-fill e))
            (if (and fill (not (scope-space s)) (exact-integer? (edit-old e)))
                (for ([v (in-list (changed-numbers (edit-old e)))])
                  (define filled (fill v))
                  (when filled (loop filled (sub1 changes))))
                (loop (edit-template e) (sub1 changes))))))
    'exhausted))

;; Without classes on the command line, as many as the last linear layer gives.
(define (with-classes s architecture)
  (define layers (third architecture))
  (define last-layer (and (pair? layers) (last layers)))
  (if (or (scope-classes s) (not last-layer) (not (eq? (car last-layer) 'linear)))
      s
      (scope (scope-space s) (scope-input s) (third last-layer) (scope-budgets s))))

(define (repair options others)
  (define s0 (scope-of options #f))
  (define n (hash-ref options "-n" 10))
  (for-each-line others
    (λ (line)
      (reading line #f
        (λ (architecture)
          (define s (with-classes s0 architecture))
          (define-values (found said-count) (new-texts n))
          (cond
            [(not (refusal s architecture))
             (found (bytes->string/utf-8 (architecture->text architecture)))]
            [else
             (for ([changes (in-range 0 4)] #:break (>= (said-count) n))
               (for-each-near s architecture changes (hash-ref options "--timeout" 60) 40 found))])
          (when (= 0 (said-count))
            (worse! 1)
            (eprintf "~a: nothing within 3 changes of ~a\n" command (shorten line))))))))

(define (neighbours options others)
  (define s0 (scope-of options #f))
  (define n (hash-ref options "-n" +inf.0))
  (for-each-line others
    (λ (line)
      (reading line #f
        (λ (architecture)
          (define s (with-classes s0 architecture))
          (define-values (found _) (new-texts n))
          (for-each-near s architecture 1 (hash-ref options "--timeout" 60) 1000 found))))))

(define commands
  (hash "sample" sample "check" check "complete" complete "repair" repair "neighbours" neighbours
        "count" count-all "describe" describe "smallest" (extreme 'smallest)
        "largest" (extreme 'largest)))

(define (main arguments)
  (define run-command (and (pair? arguments) (hash-ref commands (car arguments) #f)))
  (unless run-command
    (mistake "expected one of ~a" (string-join (sort (hash-keys commands) string<?) ", ")))
  (set! command (car arguments))
  (define-values (options others) (parse (cdr arguments)))
  (with-handlers ([exn:fail:filesystem:errno? (λ (e) (exit 1))])   ; the reader of our lines has gone
    (run-command options others)
    (flush-output))
  (exit status))

(module+ main (main (vector->list (current-command-line-arguments))))
