#lang racket/base
;; Training recipes: terms (training PART …), whose parts protocol/training.json lists for Racket and
;; Python alike; and templates, in which a list in a value's place stands for choices.

(require json racket/list racket/runtime-path racket/string "../kanren/main.rkt" "text.rkt")
(provide read-template read-network with-recipe template-batches
         narrowed holes-in? whole-network recipe-refusal unfit memoryo memory-of memory->text)

(define-runtime-path file "../../protocol/training.json")

;; A Part is (part NAME FORM HEAD VALUES INPUTS): its text is (NAME VALUE …), or (WORD VALUE …) with a
;; WORD that HEAD allows, where HEAD is a Value and not #f; INPUTS are the kinds of inputs that it is
;; for, '() for any.
;; A Value is (value SAYS KIND CHOICES LEAST ABOVE BELOW): KIND is real, integer, choice or words; the
;; text of words is several symbols, those that hyphens part in one of CHOICES.
(struct part (name form head values inputs))
(struct value (says kind choices least above below))

(define (read-part row)
  (define values (for/list ([v (in-list (hash-ref row 'values))]) (cons v (read-value v))))
  (define head? (λ (v) (hash-ref (car v) 'head #f)))
  (part (string->symbol (hash-ref row 'name)) (hash-ref row 'form)
        (let ([head (findf head? values)]) (and head (cdr head)))
        (map cdr (filter (λ (v) (not (head? v))) values))
        (map string->symbol (hash-ref row 'inputs '()))))

(define (read-value row)
  (value (hash-ref row 'option) (string->symbol (hash-ref row 'kind))
         (map string->symbol (hash-ref row 'choices '()))
         (hash-ref row 'least #f) (hash-ref row 'above #f) (hash-ref row 'below #f)))

(define parts (map read-part (hash-ref (call-with-input-file file read-json) 'parts)))

;; The part of a word that stands first in its text.
(define (part-of word)
  (for/first ([p (in-list parts)]
              #:when (if (part-head p) (memq word (value-choices (part-head p)))
                         (eq? word (part-name p))))
    p))

;; -- reading ----------------------------------------------------------------------------------------

(define (bad message . arguments)
  (raise (exn:fail:text (apply format message arguments) (current-continuation-marks))))

;; A Template is a list of (PART HEADS VALUES …) in the order of the catalogue; HEADS and VALUES are
;; lists of what may stand there, one thing where it is fixed.
;; A text, or what it would be in Racket -> a template. A hole _ is allowed only if `holes?`: the list
;; is then (_). Raises exn:fail:text with one line.
(define (read-template given #:holes? [holes? #f])
  (define x (if (string? given) (read-datum given) given))
  (unless (and (list? x) (pair? x) (eq? 'training (car x)))
    (bad "expected (training (~a …) …), got ~a" (part-name (second parts)) (excerpt x)))
  (define items (for/list ([item (in-list (cdr x))]) (read-item item holes?)))
  (for ([p (in-list parts)])
    (when (> (count (λ (item) (eq? p (car item))) items) 1)
      (bad "the part ~a stands twice in ~a" (part-name p) (excerpt x))))
  (sort items < #:key (λ (item) (index-of parts (car item)))))

(define (read-item item holes?)
  (define heads
    (and (pair? item) (list? item)
         (if (and (list? (car item)) (pair? (car item))) (car item) (list (car item)))))
  (define found (and heads (map (λ (h) (and (symbol? h) (part-of h))) heads)))
  (define p (and found (car found)))
  (unless (and p (andmap (λ (q) (eq? p q)) found))
    (bad "unknown part ~a of a training; known are ~a" (excerpt item)
         (string-join (map part-form parts) ", ")))
  (define (wrong) (bad "expected ~a, got ~a" (part-form p) (excerpt item)))
  (define values (part-values p))
  (define given
    (if (eq? 'words (value-kind (car values)))
        (list (if (and (pair? (cdr item)) (null? (cddr item)))
                  (second item)
                  (joined (cdr item) (value-choices (car values)) wrong)))
        (cdr item)))
  (unless (<= 1 (length given) (length values)) (wrong))
  (list* p heads
         (for/list ([x (in-list given)] [v (in-list values)])
           (define listed (if (and (list? x) (pair? x)) x (list x)))
           (when (and (memq '_ listed) (not (and holes? (null? (cdr listed)))))
             (bad "a hole '_' stands in ~a; complete fills holes" (excerpt item)))
           (remove-duplicates (for/list ([x (in-list listed)]) (if (hole? x) x (checked v x)))))))

;; flip crop, in any order -> flip-crop
(define (joined words choices wrong)
  (unless (and (pair? words) (andmap symbol? words)) (wrong))
  (define (in-order words) (sort words string<?))
  (define given (map symbol->string words))
  (or (for/first ([choice (in-list choices)]
                  #:when (equal? (in-order given)
                                 (in-order (string-split (symbol->string choice) "-"))))
        choice)
      (string->symbol (string-join given "-"))))

;; A value as it stands in a term: real numbers inexact, words as a list.
(define (checked v x)
  (define good?
    (case (value-kind v)
      [(real) (and (real? x)
                   (or (not (value-least v)) (>= x (value-least v)))
                   (or (not (value-above v)) (> x (value-above v)))
                   (or (not (value-below v)) (< x (value-below v))))]
      [(integer) (and (exact-integer? x) (>= x (value-least v)))]
      [else (memq x (value-choices v))]))
  (unless good? (bad "~a: expected ~a, got ~a" (value-says v) (expected v) (excerpt x)))
  (case (value-kind v)
    [(real) (+ 0.0 x)]
    [(words) (map string->symbol (string-split (symbol->string x) "-"))]
    [else x]))

(define (expected v)
  (define (bound words n) (if n (format " ~a ~a" words n) ""))
  (case (value-kind v)
    [(real integer)
     (string-append (if (eq? 'real (value-kind v)) "a number" "a whole number")
                    (bound "of at least" (value-least v)) (bound "above" (value-above v))
                    (bound "below" (value-below v)))]
    [else (format "one of ~a" (string-join (map symbol->string (value-choices v)) ", "))]))

;; A line: an architecture, or (network ARCHITECTURE TRAINING) -> the architecture, and the recipe as
;; a template of one recipe, or #f. Holes only if `holes?`. Raises exn:fail:text.
(define (read-network text #:holes? [holes? #f])
  (define x (read-datum text))
  (cond
    [(and (list? x) (pair? x) (eq? 'network (car x)))
     (unless (= 3 (length x))
       (bad "expected (network (architecture …) (training …)), got ~a" (excerpt x)))
     (define recipe (read-template (third x) #:holes? holes?))
     (for* ([item (in-list recipe)] [allowed (in-list (cdr item))] #:when (pair? (cdr allowed)))
       (bad "expected one value in ~a, got ~a" (part-form (car item)) (excerpt allowed)))
     (values (datum->architecture (second x) holes?) recipe)]
    [else (values (datum->architecture x holes?) #f)]))

;; A template of which only a recipe is left, where that says it; the recipe where there is no
;; template.
(define (narrowed template recipe)
  (if template
      (for/list ([own (in-list template)])
        (cons (car own)
              (for/list ([given (in-list (cdr (assq (car own) recipe)))]
                         [allowed (in-list (cdr own))])
                (if (hole? (car given)) allowed given))))
      recipe))

;; Is a value of a recipe unknown?
(define (holes-in? recipe)
  (for*/or ([item (in-list recipe)] [values (in-list (cdr item))]) (hole? (car values))))

;; The batches that a template allows, '() where it says nothing of batches.
(define (template-batches template)
  (or (for/first ([item (in-list (or template '()))] #:when (eq? 'batch (part-name (car item))))
        (third item))
      '()))

;; The term of a network whose recipe, a template, has one value everywhere.
(define (whole-network architecture recipe)
  (list 'network architecture
        (cons 'training
              (for/list ([item (in-list recipe)]) (term-of (car item) (map car (cdr item)))))))

(define (term-of p values) (if (words? p) (cons (first values) (second values)) values))

;; -- as goals ---------------------------------------------------------------------------------------

;; The goal that (make-goal TRAINING BATCH CHOOSE) makes: the recipes of a template for an input of a
;; kind. TRAINING is the term, with a variable where there is something to choose; BATCH its batch, or
;; #f; CHOOSE the goal that makes choices of what is open, part by part. Raises exn:fail:text where a
;; part has no meaning for such an input.
(define (with-recipe template kind make-goal)
  (let add ([items template] [terms '()] [batch #f] [bounds succeed] [choose succeed])
    (cond
      [(null? items) (conj* bounds (make-goal (cons 'training (reverse terms)) batch choose))]
      [else
       (define p (caar items))
       (with-values (fitting p (cdar items) kind)
         (λ (values its-bounds its-choices)
           (add (cdr items)
                (cons (term-of p values) terms)
                (if (eq? 'batch (part-name p)) (second values) batch)
                (conj* bounds its-bounds)
                (conj* choose its-choices))))])))

(define (words? p) (eq? 'words (value-kind (car (part-values p)))))

;; The values of a part that have a meaning for a kind of inputs: `none` alone where the part has
;; none.
(define (fitting p lists kind)
  (cond
    [(or (null? (part-inputs p)) (memq kind (part-inputs p))) lists]
    [(member '(none) (second lists)) (list (first lists) '((none)))]
    [else (bad "~a is for an input of kind ~a, got ~a" (part-form p)
               (string-join (map symbol->string (part-inputs p)) " or ") kind)]))

;; #f, or that a part of a template (#f: none) has no meaning for a kind of inputs.
(define (unfit template kind)
  (for/or ([item (in-list (or template '()))])
    (with-handlers ([exn:fail:text? exn-message])
      (fitting (car item) (cdr item) kind)
      #f)))

;; The goal that (make-goal VALUES BOUNDS CHOICES) makes of one value of each list.
(define (with-values lists make-goal)
  (let add ([lists lists] [terms '()] [bounds succeed] [choices succeed])
    (define allowed (and (pair? lists) (car lists)))
    (define (add-variable its-bounds its-choice)
      (fresh (v)
        (add (cdr lists) (cons v terms) (conj* bounds (its-bounds v))
             (conj* choices (its-choice v)))))
    (cond
      [(not allowed) (make-goal (reverse terms) bounds choices)]
      [(equal? '(_) allowed) (add-variable (λ (v) succeed) (λ (v) succeed))]
      [(null? (cdr allowed)) (add (cdr lists) (cons (car allowed) terms) bounds choices)]
      [(andmap exact-integer? allowed)
       (add-variable (λ (v) (infd v (sort allowed <))) (λ (v) (labelfd v)))]
      [else (add-variable (λ (v) succeed) (λ (v) (valueo v allowed)))])))

;; One of the values, each a choice of its own. one-of sees the list, which stands in the call as it
;; is.
(defrel (valueo v values) (one-of v values))

(define (one-of v values)
  (if (null? (cdr values))
      (== v (car values))
      (disj* (== v (car values)) (one-of v (cdr values)))))

;; What a training holds in memory: the activations of a batch and their gradients; weights, their
;; gradients and the optimizer's two means; four bytes a number.
(define (memoryo batch activations parameters bytes)
  (fd (<= (+ (* 8 batch activations) (* 16 parameters)) bytes)))

(define (memory-of batch activations parameters) (+ (* 8 batch activations) (* 16 parameters)))

;; Behind the words for budgets.
(define (memory->text bytes) (if bytes (format ", at most ~a bytes in a training" bytes) ""))

;; -- in words ---------------------------------------------------------------------------------------

;; #f, or why a recipe, read as a template, is none of a template's.
(define (recipe-refusal recipe template)
  (define (named p) (if (part-head p) (part-form p) (format "(~a …)" (part-name p))))
  (or (for/or ([item (in-list recipe)])
        (define own (assq (car item) template))
        (cond
          [(not own) (format "the part ~a is not searched here" (named (car item)))]
          [(not (= (length own) (length item)))
           (format "expected ~a values in ~a, got ~a" (- (length own) 2) (named (car item))
                   (- (length item) 2))]
          [else
           (for/or ([given (in-list (cdr item))] [allowed (in-list (cdr own))]
                    [v (in-list (cons (part-head (car item)) (part-values (car item))))])
             (and (not (hole? (car given))) (not (member (car given) allowed))
                  (not-allowed (if v (value-says v) (part-name (car item))) (car given) allowed)))]))
      (for/or ([own (in-list template)])
        (and (not (assq (car own) recipe))
             (format "the part ~a is missing" (named (car own)))))))

(define (not-allowed says given allowed)
  (define (text x) (if (list? x) (string-join (map symbol->string x) " ") (format "~s" x)))
  (string-append
   (format "~a ~a is not one of ~a" says (text given) (string-join (map text allowed) ", "))
   (if (and (real? given) (pair? (cdr allowed)))
       (format "; the nearest is ~a" (text (argmin (λ (x) (distance x given)) allowed)))
       "")))

;; By factors, where there are such.
(define (distance a b) (if (and (> a 0) (> b 0)) (abs (log (/ a b))) (abs (- a b))))

