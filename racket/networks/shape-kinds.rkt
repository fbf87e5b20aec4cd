#lang racket/base
;; Kinds of shapes: how each is written in an architecture, and which term stands for it.

(require racket/list racket/string)
(provide input-kinds shape-kind shape-sizes make-shape input->shape shape->input shape->text
         shape->words kind->words read-input input-forms)

;; A shape is the list of its sizes, without the batch, that ends with its kind, so that none is taken
;; for another; images, sequences and vectors, which relations speak of most, end with nothing.
;;   image      (CHANNELS HEIGHT WIDTH)
;;   features   (FEATURES), a vector
;;   sequence   (TOKENS WIDTH), a vector for each token; inside networks only
;;   series     (CHANNELS LENGTH . series)
;;   tokens     (TOKENS WORDS . tokens), numbers from 0 to WORDS - 1
;;   table      (NUMBERS CATEGORIES WORDS . table), a row: numbers, then categories, each a number
;;              from 0 to WORDS - 1

;; What may come into a network: its kind and what its sizes are called.
(define input-kinds
  '((image "C" "H" "W") (features "F") (series "C" "L") (tokens "T" "V") (table "N" "K" "V")))

(define (shape-sizes shape)
  (if (pair? shape) (cons (car shape) (shape-sizes (cdr shape))) '()))

(define (shape-kind shape)
  (define tail (let loop ([s shape]) (if (pair? s) (loop (cdr s)) s)))
  (if (null? tail) (case (length shape) [(3) 'image] [(2) 'sequence] [else 'features]) tail))

(define (make-shape kind sizes)
  (append sizes (if (memq kind '(image sequence features)) '() kind)))

;; The parts behind `input` in the text of an architecture, such as (1 8 8) or (series 1 24) -> shape,
;; or #f. `size?` says what may be a size.
(define (input->shape parts size?)
  (define-values (kind sizes)
    (cond [(and (pair? parts) (symbol? (car parts)) (not (size? (car parts))))
           (values (car parts) (cdr parts))]
          [else (values 'image parts)]))
  (define row (assq kind input-kinds))
  (and row (list? sizes) (= (length sizes) (length (cdr row)))
       (for/and ([n (in-list sizes)] [i (in-naturals)])
         (or (size? n) (and (eq? kind 'table) (= i 0) (eqv? n 0)))) ; of categories alone
       (not (and (eq? kind 'image) (not (eq? sizes parts))))
       (make-shape kind sizes)))

(define (shape->input shape)
  (define kind (shape-kind shape))
  (if (eq? kind 'image) (shape-sizes shape) (cons kind (shape-sizes shape))))

;; 1x8x8, or with the kind before it where the sizes alone would not tell
(define (shape->text shape)
  (define sizes (string-join (for/list ([n (in-list (shape-sizes shape))]) (format "~a" n)) "x"))
  (define kind (shape-kind shape))
  (if (memq kind '(image sequence features)) sizes (format "~a ~a" kind sizes)))

;; In a person's words.
(define (shape->words shape)
  (define (say form) (apply format form (shape-sizes shape)))
  (case (shape-kind shape)
    [(features) (say "a vector of ~a")]
    [(sequence) (say "~a tokens of ~a")]
    [(series) (say "a series of ~a channels and ~a steps")]
    [(tokens) (say "~a tokens, each one of ~a")]
    [(table) (say "a row of ~a numbers and ~a categories of ~a values")]
    [else (shape->text shape)]))

;; Inputs of a kind, in the plural.
(define (kind->words kind)
  (case kind
    [(image) "images"] [(features) "vectors of numbers"] [(series) "series"] [(tokens) "texts"]
    [(table) "rows with categories"] [else (format "~as" kind)]))

;; What a user writes, "1,8,8" or "series:1,24", or as Racket has it, (1 8 8) or (series 1 24)
;; -> shape, or #f
(define (read-input given)
  (define (size? n) (and (exact-positive-integer? n) (<= n 999999)))
  (cond
    [(list? given) (input->shape given size?)]
    [(not (string? given)) #f]
    [else
     (define parts (regexp-match #px"^(?:([a-z]+):)?([0-9]{1,6}(?:,[0-9]{1,6})*)$" given))
     (define sizes (if parts (map string->number (string-split (third parts) ",")) '()))
     (and parts
          (input->shape (if (second parts) (cons (string->symbol (second parts)) sizes) sizes)
                        size?))]))

;; How they are written: C,H,W of an image, features:F, …
(define input-forms
  (string-join
   (for/list ([row (in-list input-kinds)])
     (define sizes (string-join (cdr row) ","))
     (if (eq? (car row) 'image) (format "~a of an image" sizes) (format "~a:~a" (car row) sizes)))
   ", "))
