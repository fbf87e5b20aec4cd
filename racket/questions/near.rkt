#lang racket/base
;; Questions about architectures near a given one: complete, repair, neighbours.

(require racket/list (only-in "../kanren/main.rkt" exn:fail:endless?) "../networks/ask.rkt"
         "../networks/edits.rkt" "../networks/explain.rkt" "../networks/shape-kinds.rkt"
         "../networks/text.rkt" "../networks/validity.rkt"
         "check.rkt" "lines.rkt" "options.rkt")
(provide complete repair neighbours)

(define longest-rest 4)                ; layers that an unknown rest may have, without a space
(define most-changes 3)                ; that repair makes

;; The time that a line may take, in seconds; and what is said when it is over.
(define (seconds-of options) (hash-ref options "--timeout" 10))
(define (out-of-time seconds line)
  (eprintf "~a: more may be found: ~a seconds were over (--timeout) for ~a\n"
           (current-command) seconds (shorten line)))

(define (complete options others)
  (define s (scope-of options #f))
  (define n (hash-ref options "-n" 10))
  (define seconds (seconds-of options))
  (for-each-of-input s others #:holes? #t
    (λ (s template line)
      (define-values (found said-count) (new-texts n))
      (define end (deadline seconds))
      ;; outside a space short completions come first
      (define fewest (if (or (scope-space s) (not (open-ended? template))) longest-rest 0))
      (define outcome
        (for/fold ([outcome 'exhausted])
                  ([more (in-range fewest (add1 longest-rest))]
                   #:unless (eq? outcome 'stopped))
          (for-each-answer (template-frontier s template more) #:seconds (seconds-until end)
                           (λ (answer) (found (answer-text s answer))))))
      (tell outcome said-count seconds line
            (if (scope-space s)
                "nothing completes ~a"
                "nothing completes ~a with layers of the space free and numbers up to 65536")))))

;; Is the rest of a list in it unknown?
(define (open-ended? x)
  (and (pair? x)
       (or (eq? (cdr x) '_) (open-ended? (car x)) (open-ended? (cdr x)))))

(define (repair options others)
  (define s0 (scope-of options #f))
  (define n (hash-ref options "-n" 10))
  (define seconds (seconds-of options))
  (for-each-of-input s0 others
    (λ (s1 architecture line)
      (define s (with-classes s1 architecture))
      (define-values (found said-count) (new-texts n))
      (define end (deadline seconds))
      (define outcome
        (if (refusal s architecture)
            ;; of two changes and more, first those of which each makes more layers fit
            (for*/fold ([outcome 'exhausted]) ([changes (in-range 0 (add1 most-changes))]
                                               [onward? (in-list (if (< changes 2) '(#f) '(#t #f)))]
                                               #:when (eq? outcome 'exhausted))
              (for-each-near s architecture changes end found #:onward? onward?))
            (begin (found (text-of s architecture)) 'stopped)))
      (tell outcome said-count seconds line
            (format "nothing within ~a changes of ~~a" most-changes)))))

(define (neighbours options others)
  (define s0 (scope-of options #f))
  (define n (hash-ref options "-n" +inf.0))
  (define seconds (seconds-of options))
  (for-each-of-input s0 others
    (λ (s architecture line)
      (define-values (found said-count) (new-texts n))
      (define outcome
        (for-each-near (with-classes s architecture) architecture 1 (deadline seconds) found))
      (tell outcome said-count seconds line "nothing is one change away from ~a"))))

;; As for-each-architecture, for those of the scope's input and recipes: no change is one of them.
;; (answer SCOPE ARCHITECTURE LINE) has the recipe in the scope.
(define (for-each-of-input s others answer #:holes? [holes? #f])
  (for-each-architecture others #:holes? holes?
    (λ (architecture line recipe)
      (define other (or (other-input s architecture) (other-recipe s recipe #:may-miss? holes?)))
      (cond [other (worse! 1) (eprintf "~a: ~a: ~a\n" (current-command) (shorten line) other)]
            [else (answer (with-recipe-of s recipe) (with-input s architecture) line)]))))

(define (with-input s architecture)
  (list 'architecture
        (cons 'input (shape->input (or (scope-input s) (architecture-shape architecture))))
        (third architecture)))

(define (tell outcome said-count seconds line nothing)
  (cond [(eq? outcome 'timeout) (out-of-time seconds line)]
        [(= 0 (said-count))
         (eprintf "~a: ~a\n" (current-command) (format nothing (shorten line)))])
  (when (= 0 (said-count)) (worse! 1)))

;; -- what is near -----------------------------------------------------------------------------------

;; A number that is changed outside a space becomes one within 4 of it, its half or its double, a
;; power of two up to 128, or another number of the network.
(define (changed-numbers old others)
  (remove old (remove-duplicates
               (append (range (max 0 (- old 4)) (+ old 5)) (list (quotient old 2) (* 2 old))
                       '(1 2 4 8 16 32 64 128) others))))

;; The templates one change away from a template, in a space or at all: numbers near the old ones
;; first, then layers removed, replaced, inserted.
(define (changed s template)
  (define known (filter exact-integer? (flatten (third template))))
  (define-values (numbers others)
    (partition (λ (e) (and (edit-fill e) (not (scope-space s)) (exact-integer? (edit-old e))))
               (edits template)))
  (define filled
    (for*/list ([e (in-list numbers)] [v (in-list (changed-numbers (edit-old e) known))]
                [template (in-value ((edit-fill e) v))] #:when template)
      (cons (abs (- v (edit-old e))) template)))
  (append (map cdr (sort filled < #:key car)) (map edit-template others)))

;; Calls (found TEXT) for the architectures so many changes away, until it gives #f or the time is
;; over. -> 'exhausted, 'stopped or 'timeout. As one of the changes must be made to the first layer
;; that does not fit, or before it, it is made first; if `onward?`, only those count after which it
;; fits.
(define (for-each-near s architecture changes end found #:onward? [onward? #f])
  (define given (text-of s architecture))
  (let loop ([template (loosened architecture)] [changes changes])
    (if (= changes 0)
        (with-handlers ([exn:fail:endless? (λ (e) 'exhausted)])
          (for-each-answer (template-frontier s template) #:seconds (seconds-until end)
                           (λ (answer)
                             (define text (answer-text s answer))
                             (or (equal? text given) (found text)))))
        (let ([misfit (first-misfit template)])
          (for/fold ([outcome 'exhausted])
                    ([next (in-list (changed s template))]
                     #:when (eq? outcome 'exhausted)
                     #:when (<= (first-difference template next) misfit)
                     #:unless (and onward? (> changes 1)
                                   (or (= misfit +inf.0) (<= (first-misfit next) misfit))))
            (if (< (seconds-until end) 0) 'timeout (loop next (sub1 changes))))))))

;; The index of the first layer in which two templates differ.
(define (first-difference a b)
  (let loop ([a (third a)] [b (third b)] [i 0])
    (if (and (pair? a) (pair? b) (equal? (car a) (car b)))
        (loop (cdr a) (cdr b) (add1 i))
        i)))

;; Without classes on the command line, as many as the network gives; if it is none, its last linear
;; layer.
(define (with-classes s architecture)
  (define layers (third architecture))
  (define in (architecture-shape architecture))
  (define-values (_ out) (trace layers in))
  (define last-linear (findf (λ (l) (eq? (car l) 'linear)) (reverse layers)))
  (define classes
    (cond [(scope-classes s)]
          [(and (pair? out) (outputs-of in out))]
          [else (and last-linear (third last-linear))]))
  (struct-copy scope s [classes classes]))
